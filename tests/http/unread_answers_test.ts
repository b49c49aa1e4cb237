/**
 * Clients that ask for much and read nothing. Oracle: the longest answer has 4,000,000 numbers, and eight of them are
 * all that may wait.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { answerStream } from "../../src/http/answers/answer_stream.ts";
import { createApp } from "../../src/http/mod.ts";

const WIDE = VAE.create({ inputs: 400, latent: [{ size: 1 }] }, { seed: 1 });

/** Asks for rows of 400 numbers. */
function asker(bodySeconds?: number) {
  const app = createApp({ models: { wide: WIDE }, bodySeconds });
  return (count: number, accept = "application/json") =>
    app.request("/v1/models/wide/sample", {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ count, mean: true }),
    });
}

Deno.test("eight of the longest answers may wait to be read; more are refused, but not short ones", async () => {
  const ask = asker();
  const answers = await Promise.all(Array.from({ length: 9 }, () => ask(10_000)));
  assert.deepEqual(answers.map(({ status }) => status), [...Array(8).fill(200), 503]);
  const refused = answers.pop()!;
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.match((await refused.json()).type, /:overloaded$/);
  assert.equal((await (await ask(50)).json()).rows.length, 50);

  const [first, second] = answers;
  assert.equal((await first.json()).rows.length, 10_000);
  await second.body!.cancel();
  const more = await Promise.all(Array.from({ length: 3 }, () => ask(10_000)));
  assert.deepEqual(more.map(({ status }) => status), [200, 200, 503]);
  await Promise.all([...answers.slice(2), ...more].map(({ body }) => body!.cancel()));
});

Deno.test("an answer that nobody reads is dropped, and what it held is free", async () => {
  const ask = asker(0.01);
  const unread = await ask(10_000);
  await pause(200);
  await assert.rejects(unread.arrayBuffer(), /its client took too little of it for 0.06 seconds/);
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(10_000)));
  assert.deepEqual(answers.map(({ status }) => status), Array(8).fill(200));
  await Promise.all(answers.map(({ body }) => body!.cancel().catch(() => {})));
});

Deno.test("a long binary answer comes in pieces, with its length, and whole", async () => {
  const response = await asker()(1000, "application/octet-stream");
  const { headers } = response, bytes = new Uint8Array(await response.arrayBuffer());
  assert.equal(bytes.length, 4 * 1000 * 400);
  assert.equal(headers.get("content-length"), `${bytes.length}`);
  const json = await (await asker()(1000)).json();
  assert.deepEqual(
    new Float32Array(bytes.buffer),
    Float32Array.from((json.rows as number[][]).flat()),
  );
});

Deno.test("an answer ends once, however it ends, and a client that waits for it is not late", async () => {
  const ends: string[] = [];
  const { promise: isDue, resolve: come } = Promise.withResolvers<void>();
  const late = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await isDue;
      controller.enqueue(new Uint8Array(3));
      controller.close();
    },
  });
  const reading = new Response(answerStream(late, 20, () => ends.push("read"))).arrayBuffer();
  await pause(60);
  come();
  assert.equal((await reading).byteLength, 3);
  await answerStream(new Uint8Array(10), 20, () => ends.push("given up")).cancel();
  const dropped = answerStream(new Uint8Array(10), 20, () => ends.push("dropped"));
  await pause(60);
  await assert.rejects(new Response(dropped).arrayBuffer(), /took too little of it/);
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("broken")),
  }, { highWaterMark: 0 });
  const failing = new Response(answerStream(broken, 20, () => ends.push("failed"))).arrayBuffer();
  await assert.rejects(failing, /broken/);
  assert.deepEqual(ends, ["read", "given up", "dropped", "failed"]);
});

Deno.test("an answer that its client takes too slowly is dropped, and one taken fast enough is not", async () => {
  const piece = 1 << 18, body = new Uint8Array(5 * piece);
  const take = async (leastBytes: number) => {
    let ends = 0, taken = 0;
    for await (const { length } of answerStream(body, 200, () => ends++, leastBytes)) {
      taken += length;
      await pause(80);
    }
    return [taken, ends];
  };
  assert.deepEqual(await take(piece), [body.length, 1]);
  await assert.rejects(take(4 * piece), /took too little of it for 0.2 seconds/);
});

Deno.test("an answer that nobody reads does not keep a process that is done", async () => {
  const module = new URL("../../src/http/answers/answer_stream.ts", import.meta.url);
  const program = `
    const { answerStream } = await import("${module}");
    const stream = answerStream(new Uint8Array(10), 3_600_000, () => {});
    await stream.getReader().read();
    console.log("done");`;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    signal: AbortSignal.timeout(60_000),
  }).output();
  assert.deepEqual([success, new TextDecoder().decode(stdout)], [true, "done\n"]);
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
