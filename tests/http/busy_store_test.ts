/** A store that another process keeps busy. */
import assert from "node:assert/strict";
import { digestOf, memoryStore } from "../../src/http/mod.ts";
import { StorageBusyError } from "../../src/storage/storage_busy.ts";
import { createApp, PLAIN, problemOf } from "./util.ts";

Deno.test("what a busy store does not take gets 503, and when to come back", async () => {
  const write = () => Promise.reject(new StorageBusyError(new Error("database is locked")));
  const hash = await digestOf(new TextEncoder().encode("token")), faults: unknown[] = [];
  const app = createApp({
    models: { ...await memoryStore(), write },
    tokens: [{ hash, scopes: ["admin"] }],
    onError: (error) => faults.push(error),
  });
  const response = await app.request("/v1/models/pump", {
    method: "PUT",
    headers: { authorization: "Bearer token", "content-type": "application/octet-stream" },
    body: PLAIN.save() as Uint8Array<ArrayBuffer>,
  });
  assert.equal(response.headers.get("retry-after"), "5");
  const { detail } = await problemOf(response, "not-ready");
  assert.equal(detail, "Cannot store: another process is writing to the store");
  assert.ok(faults.every((fault) => fault instanceof StorageBusyError) && faults.length === 1);
});
