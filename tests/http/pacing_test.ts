/** Long work: requests that arrive meanwhile are answered, and work that nobody waits for ends. */
import assert from "node:assert/strict";
import type { LogEntry } from "../../src/http/mod.ts";
import { compute } from "../../src/http/compute.ts";
import { Pacer, TurnQueue } from "../../src/http/pacer.ts";
import { VERBS, type Work } from "../../src/http/verbs/mod.ts";
import { APP, ask, createApp, MODELS, TABLE } from "./util.ts";

Deno.test("long work lets short requests in between, one slice at a time", async () => {
  // No clock is needed: a short request sent after two long ones is answered before both.
  const order: string[] = [];
  const long = (name: string) =>
    ask("table/log-likelihood", { rows: Array(2000).fill([500, 1, -3]), samples: 200 })
      .then(() => order.push(name));
  const work = [long("long"), long("long")];
  await new Promise((resolve) => setTimeout(resolve));
  await ask("table/score", { rows: [[500, 1, -3]] }).then(() => order.push("short"));
  await Promise.all(work);
  assert.deepEqual(order, ["short", "long", "long"]);
});

Deno.test("on a real port, long work lets requests in that arrive meanwhile", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, APP.fetch);
  const order: string[] = [];
  const send = async (name: string, verb: string, body: unknown) => {
    const response = await fetch(`http://127.0.0.1:${server.addr.port}/v1/models/table/${verb}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    await response.json();
    order.push(name);
  };
  try {
    await send("first", "score", { rows: [[500, 1, -3]] });
    const work = { rows: Array(2000).fill([500, 1, -3]), samples: 200 };
    const long = [send("long", "log-likelihood", work), send("long", "log-likelihood", work)];
    await new Promise((resolve) => setTimeout(resolve, 20));
    await send("short", "score", { rows: [[500, 1, -3]] });
    await Promise.all(long);
    assert.deepEqual(order, ["first", "short", "long", "long"]);
  } finally {
    await server.shutdown();
  }
});

Deno.test("work stops if nobody waits for it any more", async () => {
  const entries: LogEntry[] = [], controller = new AbortController();
  const app = createApp({ models: MODELS, log: (entry) => entries.push(entry) });
  const request = new Request("http://localhost/v1/models/table/log-likelihood", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rows: Array(10_000).fill([500, 1, -3]), samples: 100 }),
    signal: controller.signal,
  });
  const answer = app.request(request);
  await new Promise((resolve) => setTimeout(resolve));
  controller.abort();
  await answer;
  // Work that runs to its end has status 200.
  assert.deepEqual(entries.map(({ status }) => status), [408]);
});

Deno.test("explanations let others work between a few rows, and are those of all rows at once", async () => {
  const rows = Array.from({ length: 100 }, (_, r) => [500 + 40 * r, 1, -3]);
  const cells = { data: Float64Array.from(rows.flat()), rows: rows.length };
  const explained = await TABLE.explain(rows, { columns: 2 });
  const expected = explained.map(({ blamed }) => blamed);
  let pauses = 0;
  const pacer = { yieldIfDue: async () => void pauses++ } as unknown as Pacer;
  const limits = { maxRows: 1000, maxBodyBytes: 1e6 };
  const work = VERBS.score.work(TABLE, { explain: 2 }, limits);
  const data = await work.run(cells, 0, pacer);
  const texts = rows.map((_, r) => JSON.parse(work.text(data, r * work.columns.length)).blamed);
  assert.deepEqual(texts, JSON.parse(JSON.stringify(expected)));
  assert.ok(pauses >= 100 / 32, `${pauses} pauses`);
});

Deno.test("a part of wide rows is some milliseconds of work", async () => {
  const parts: number[] = [];
  const work: Work = {
    ...{ head: {}, columns: ["score"], requireRows: () => {}, text: () => "" },
    run({ rows }) {
      parts.push(rows);
      return new Float64Array(rows);
    },
  };
  for (const width of [4, 32, 1000]) {
    const cells = { data: new Float64Array(3000 * width), rows: 3000 };
    await compute(work, cells, new Pacer(new TurnQueue()));
    assert.equal(Math.max(...parts.splice(0)), { 4: 2048, 32: 512, 1000: 128 }[width]);
  }
});

Deno.test("a line that comes byte by byte takes turns with other work, and is answered", async () => {
  const row = `[500, ${" ".repeat(300_000)}1, -3]\n`, bytes = new TextEncoder().encode(row);
  let sent = 0, turns = 0, isOver = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent === bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(sent, ++sent));
    },
  });
  const counting = (async () => {
    for (; !isOver; turns++) await new Promise((resolve) => void setTimeout(resolve));
  })();
  const response = await APP.request("/v1/models/table/score", {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body,
  });
  const text = await response.text();
  isOver = true;
  await counting;
  const { rows } = await ask("table/score", { rows: [[500, 1, -3]] });
  assert.deepEqual([JSON.parse(text)], rows);
  assert.ok(turns > 5, `${turns} turns for other work`);
});
