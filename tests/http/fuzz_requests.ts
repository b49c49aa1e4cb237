/**
 * Seeded fuzzing of requests: valid ones, damaged in path, method, headers, JSON value or bytes. No answer may be a
 * 5xx, every error must be a problem, every number finite, and the models must not change.
 *
 *     deno run --allow-all tests/http/fuzz_requests.ts [REQUESTS] [SEED]
 */
import assert from "node:assert/strict";
import { csvRows } from "../../src/http/csv_rows.ts";
import { digestOf, memoryStore } from "../../src/http/mod.ts";
import { openSqlite } from "../../src/storage/sqlite/mod.ts";
import { FILES, Fuzzer, type Json, TOKEN } from "./fuzzer.ts";
import { createApp, problemOf } from "./util.ts";

const ACCEPTED = [{
  hash: await digestOf(new TextEncoder().encode(TOKEN)),
  scopes: ["score", "train", "admin"],
}] as const;
const LIMITS = { maxRows: 50, maxBodyBytes: 20_000, maxModelBytes: 50_000 };

/** JSON writes a number that is not finite as null; otherwise only an explained cell, which may be missing, is null. */
function requireNoNull(value: Json, text: string): void {
  assert.notEqual(value, null, text);
  if (typeof value !== "object") return;
  for (const [key, each] of Object.entries(value as object)) {
    if (key !== "value" || each !== null) requireNoNull(each, text);
  }
}

/** The answers of a campaign, by status and kind. */
export type Seen = ReadonlyMap<string, number>;

/** @throws AssertionError at the first answer that breaks a promise, naming the request */
export async function fuzzRequests(requests: number, seed: number): Promise<Seen> {
  const store = await memoryStore(Object.fromEntries(FILES)), folder = await Deno.makeTempDir();
  const { queue } = openSqlite(`${folder}/jobs.db`, { now: Date.now });
  const faults: unknown[] = [];
  const app = createApp({
    ...LIMITS,
    models: store,
    tokens: ACCEPTED,
    csvRows,
    training: { queue, maxWork: 1e7, maxUploadBytes: 2000 },
    onError: (error) => faults.push(error),
  });
  const members = Object.getOwnPropertyNames(Object.prototype);
  const fuzzer = new Fuzzer(seed), seen = new Map<string, number>();
  try {
    for (let i = 0; i < requests; i++) {
      const [path, init] = fuzzer.request(), method = init.method ?? "GET";
      const given = init.headers as Record<string, string>;
      const headers = { authorization: `Bearer ${TOKEN}`, ...given };
      const response = await app.request(path, { ...init, headers }), { status } = response;
      const text = `${i}: ${method} ${path} ${String(init.body).slice(0, 200)}`;
      assert.ok(status < 500, `${text}: ${faults.at(-1)}`);
      // No worker runs here, so accepted jobs are removed to make room for the next.
      if (status === 202) await queue.cancel(response.headers.get("location")!.slice(-32));
      const kind = await judge(response, method, text);
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
  } finally {
    await queue.close();
    await Deno.remove(folder, { recursive: true });
  }
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), members);
  for (const [name, file] of FILES) {
    const digest = (await store.readIndex()).index.models.get(name)?.versions.at(-1)?.digest;
    assert.equal(digest, await digestOf(file), `${name} is as it was`);
  }
  return seen;
}

async function judge(response: Response, method: string, text: string): Promise<string> {
  const type = response.headers.get("content-type") ?? "none";
  if (method === "HEAD" || response.status === 204) return `${response.status} no body`;
  if (response.status >= 400) {
    const kind = (await problemOf(response.clone())).type;
    assert.doesNotMatch(await response.text(), /\.ts:|file:\/\/|node:|\n +at /, text);
    return kind;
  }
  if (type === "application/json") requireNoNull(await response.json(), text);
  else if (type === "application/x-ndjson") {
    const lines = (await response.text()).split("\n").filter((line) => line !== "");
    for (const line of lines) requireNoNull(JSON.parse(line), text);
  } else if (!response.headers.has("inference-header-content-length")) {
    const floats = new Float32Array(await response.arrayBuffer());
    assert.ok(floats.every(Number.isFinite), text);
  } else {
    const end = Number(response.headers.get("inference-header-content-length"));
    const bytes = new Uint8Array(await response.arrayBuffer());
    requireNoNull(JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))), text);
  }
  return `${response.status} ${type}`;
}

if (import.meta.main) {
  const [requests = "200000", seed = "1"] = Deno.args;
  const start = performance.now(), before = Deno.memoryUsage().rss;
  const seen = await fuzzRequests(Number(requests), Number(seed));
  const mebibytes = (Deno.memoryUsage().rss - before) / 2 ** 20;
  for (const [kind, count] of [...seen].sort()) {
    console.log(`${String(count).padStart(8)}  ${kind}`);
  }
  console.log(
    `${requests} requests, seed ${seed}: no 5xx, no number that is not finite; ${
      ((performance.now() - start) / 1000).toFixed(0)
    } s, memory ${mebibytes.toFixed(0)} MiB more than before`,
  );
}
