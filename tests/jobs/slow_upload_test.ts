/** Uploads over slow lines. Oracle: an upload at 32 KiB a second or more may take as long as it takes. */
import assert from "node:assert/strict";
import { problemOf } from "../http/util.ts";
import { jobsApp } from "./app.ts";

/** Sends pieces with a pause before each. */
function drip(count: number, bytes: number, pauseMs: number): ReadableStream<Uint8Array> {
  let left = count;
  return new ReadableStream({
    async pull(controller) {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (left-- > 0) controller.enqueue(new Uint8Array(bytes).fill(0x31));
      else controller.close();
    },
  });
}

Deno.test("an upload may take longer than its deadline if it keeps coming, and not if it trickles", async () => {
  // Uploads have six times as long: 0.3 seconds.
  await using app = await jobsApp({ bodySeconds: 0.05 });
  const put = (body: ReadableStream) => app.ask("PUT", "/v1/uploads/a.csv", body);
  const steady = await put(drip(30, 20_000, 30));
  assert.equal(steady.status, 201, await steady.clone().text());
  assert.equal((await steady.json()).bytes, 600_000);
  await problemOf(await put(drip(200, 1, 30)), "body-timeout");
});

Deno.test("a large upload may come in small packets, and not in single bytes", async () => {
  await using app = await jobsApp();
  const put = (body: ReadableStream) => app.ask("PUT", "/v1/uploads/a.csv", body);
  const packets = await put(drip(70_000, 536, 0));
  assert.equal(packets.status, 201, await packets.clone().text());
  assert.equal((await packets.json()).bytes, 70_000 * 536);
  await problemOf(await put(drip(140_000, 1, 0)), "body-too-large");
});
