/** Memory for bodies that are announced and do not arrive. Oracle: the announced bytes, counted. */
import assert from "node:assert/strict";
import { type BodyLimits, readBytes } from "../../src/http/body/read_bytes.ts";
import { ReservedBytes } from "../../src/http/body/reserved_bytes.ts";

/** A body that announces its length, and arrives when the test lets it. */
function announced(bytes: number) {
  const { promise, resolve: come } = Promise.withResolvers<void>();
  const pieces = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await promise;
      controller.enqueue(new Uint8Array(bytes));
      controller.close();
    },
  });
  const request = new Request("http://localhost", { method: "POST", body: pieces });
  let atOnce = false;
  const { arrayBuffer } = request;
  request.arrayBuffer = () => (atOnce = true, arrayBuffer.call(request));
  const head = new Headers({ "content-length": `${bytes}` });
  const read = (limits: BodyLimits) => readBytes({ request, head }, limits);
  return { read, come, wasAtOnce: () => atOnce };
}

Deno.test("bodies are read at once while there is room for their announced length, and in pieces otherwise", async () => {
  const reserved = new ReservedBytes(200_000),
    limits = { maxBytes: 1e6, deadlineMs: 5000, reserved };
  const bodies = [90_000, 90_000, 90_000, 10_000].map(announced);
  const reads = bodies.map(({ read }) => read(limits));
  assert.deepEqual(bodies.map(({ wasAtOnce }) => wasAtOnce()), [true, true, false, true]);
  for (const { come } of bodies) come();
  const lengths = (await Promise.all(reads)).map(({ length }) => length);
  assert.deepEqual(lengths, [90_000, 90_000, 90_000, 10_000]);
  assert.ok(reserved.reserve(200_000), "all of it is given back");
});

Deno.test("an abandoned body keeps its room until it has arrived or broken off", async () => {
  const reserved = new ReservedBytes(100_000), body = announced(90_000);
  await assert.rejects(
    body.read({ maxBytes: 1e6, deadlineMs: 20, reserved }),
    /took over 0.02 seconds/,
  );
  assert.equal(reserved.reserve(20_000), false);
  body.come();
  while (!reserved.reserve(100_000)) await new Promise((resolve) => setTimeout(resolve, 1));
});

Deno.test("a body that announces too many bytes is refused before any of it is read", () => {
  const reserved = new ReservedBytes(100), body = announced(90_000);
  assert.throws(
    () => body.read({ maxBytes: 1000, deadlineMs: 1000, reserved }),
    /at most 1000 bytes/,
  );
  assert.equal(body.wasAtOnce(), false);
  body.come();
});
