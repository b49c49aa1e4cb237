/** Long work: requests that arrive meanwhile are answered, and work that nobody waits for ends. */
import assert from "node:assert/strict";
import type { LogEntry } from "../../src/http/mod.ts";
import { APP, ask, createApp, MODELS } from "./util.ts";

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
