/** The app as a whole: its lists, mounting, concurrency, a store that changes, a real port. */
import assert from "node:assert/strict";
import { Hono } from "npm:hono@4.13.19";
import { digestOf, type Model } from "../../src/http/mod.ts";
import {
  APP,
  ask,
  BINARY,
  COLUMNS,
  createApp,
  MODELS,
  PLAIN,
  post,
  problemOf,
  ROWS,
  TABLE,
} from "./util.ts";

Deno.test("/health and /v1/models describe the server and its models", async () => {
  const get = async (path: string) => await (await APP.request(path)).json();
  assert.deepEqual(await get("/health/live"), { status: "live" });
  assert.deepEqual(await get("/health/ready"), { status: "ready", models: 5 });
  const { models } = await get("/v1/models");
  const [table, plain] = await Promise.all([TABLE, PLAIN].map((each) => digestOf(each.save())));
  const common = { version: 1, inputs: 3, latent: 2 };
  assert.deepEqual(models[0], { name: "table", digest: table, kind: "detector", ...common });
  assert.deepEqual(models[3], { name: "plain", digest: plain, kind: "vae", ...common });
  assert.deepEqual(await get("/v1/models/table"), {
    ...models[0],
    columns: COLUMNS,
    spec: TABLE.vae.spec,
    device: TABLE.device,
    schema: COLUMNS.map((name) => ({ name, kind: "numeric" })),
    falseAlarmRate: TABLE.falseAlarmRate,
    threshold: TABLE.threshold,
    calibrationRows: TABLE.calibrationRows,
    warnings: TABLE.warnings,
  });
  assert.deepEqual(await get("/v1/models/plain"), {
    ...models[3],
    columns: ["x0", "x1", "x2"],
    spec: PLAIN.spec,
    device: PLAIN.device,
  });
});

Deno.test("the app can be mounted under a prefix, and its errors name the prefix", async () => {
  const parent = new Hono().route("/elbow", createApp({ models: MODELS }));
  parent.get("/own", (c) => c.text("own"));
  assert.equal(await (await parent.request("/own")).text(), "own");
  const send = (path: string, body: unknown) =>
    parent.request(`/elbow/v1/models/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const answer = await (await send("table/score", { rows: ROWS })).json();
  assert.deepEqual(answer, await (await post("table/score", { rows: ROWS })).json());
  await problemOf(await send("table/score", { rows: [] }), "invalid-body");
  await problemOf(await send("nothing/score", {}), "unknown-model");
  await problemOf(await parent.request("/elbow/v1/nothing"), "unknown-route");
  await problemOf(await parent.request("/elbow/v1/models/table/score"), "method-not-allowed");
});

Deno.test("a map of models is read again at every request", async () => {
  const models = new Map<string, Model>();
  const app = createApp({ models });
  await problemOf(await app.request("/v1/models/late"), "unknown-model");
  assert.deepEqual(await (await app.request("/health/ready")).json(), {
    status: "ready",
    models: 0,
  });
  models.set("late", PLAIN);
  assert.equal((await app.request("/v1/models/late")).status, 200);
  const version = async () => (await (await app.request("/v1/models/late")).json()).version;
  assert.deepEqual([await version(), await version()], [1, 1]);
  models.set("late", BINARY);
  assert.equal(await version(), 2);
});

Deno.test("concurrent requests get their own answers", async () => {
  const chunked = (text: string) =>
    new ReadableStream({
      async start(controller) {
        for (const piece of text.match(/.{1,40}/g) ?? []) {
          await new Promise((resolve) => setTimeout(resolve));
          controller.enqueue(new TextEncoder().encode(piece));
        }
        controller.close();
      },
    });
  const asks = Array.from({ length: 60 }, (_, i): [string, unknown] => {
    const rows = ROWS.slice(i % 30, i % 30 + 1 + i % 7);
    const rate = [0.05, 0.1, 0.3, 0.6][i % 4];
    if (i % 3 === 0) return ["table/score", { rows, falseAlarmRate: rate }];
    if (i % 3 === 1) return ["hostile/log-likelihood", { rows, seed: i, samples: 3 }];
    return ["plain/sample", { count: 1 + i % 5, seed: i }];
  });
  const alone = [];
  for (const [path, body] of asks) alone.push(await ask(path, body));
  const together = await Promise.all(asks.map(async ([path, body]) => {
    const response = await APP.request(`/v1/models/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: chunked(JSON.stringify(body)),
    });
    const { version: _version, digest: _digest, ...answer } = await response.json();
    return answer;
  }));
  assert.deepEqual(together, alone);
});

Deno.test("the app answers on a real port", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, APP.fetch);
  const base = `http://127.0.0.1:${server.addr.port}`;
  const send = (body: BodyInit) =>
    fetch(`${base}/v1/models/table/score`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
  try {
    assert.deepEqual(await (await fetch(`${base}/health/live`)).json(), { status: "live" });
    const answer = await (await send(JSON.stringify({ rows: ROWS }))).json();
    assert.deepEqual(answer, await (await post("table/score", { rows: ROWS })).json());
    await problemOf(await send("{"), "malformed-json");
    await problemOf(await send(" ".repeat(5 * 2 ** 20)), "body-too-large");
    const head = await fetch(`${base}/v1/models`, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
  } finally {
    await server.shutdown();
  }
});
