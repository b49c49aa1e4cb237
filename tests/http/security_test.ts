/** Who may ask: tokens and scopes, rates, origins, headers, and how many requests at once. */
import assert from "node:assert/strict";
import { sameBytes } from "../../src/http/access/auth.ts";
import { type AppOptions, digestOf, memoryStore, type Scope } from "../../src/http/mod.ts";
import { RateLimiter } from "../../src/http/access/rate_limit.ts";
import { createApp, MODELS, problemOf, ROWS, TABLE } from "./util.ts";

const hash = async (text: string) => await digestOf(new TextEncoder().encode(text));
const TOKEN: Readonly<Record<Scope, string>> = {
  score: "score-0123456789abcdef0123456789abcdef",
  train: "train-0123456789abcdef0123456789abcdef",
  admin: "admin-0123456789abcdef0123456789abcdef",
};
const TOKENS = await Promise.all(
  (Object.keys(TOKEN) as Scope[]).map(async (scope) => ({
    hash: await hash(TOKEN[scope]),
    scopes: [scope],
  })),
);
const BODY = JSON.stringify({ rows: ROWS.slice(0, 1) });

async function guarded(options: Partial<AppOptions> = {}) {
  const models = await memoryStore({ table: TABLE.save() });
  const app = createApp({ models, tokens: TOKENS, ...options });
  return (method: string, path: string, authorization = "", more: Record<string, string> = {}) => {
    const body = method === "POST" ? BODY : undefined;
    const headers = { "content-type": "application/json", ...more };
    return Promise.resolve(app.request(path, {
      method,
      headers: authorization ? { authorization, ...headers } : headers,
      body,
    }));
  };
}

Deno.test("each route requires its own scope, and no scope includes another", async () => {
  const ask = await guarded();
  const routes: [method: string, path: string, scope: Scope | undefined][] = [
    ["GET", "/health/live", undefined],
    ["GET", "/health/ready", undefined],
    ["GET", "/openapi.json", undefined],
    ["GET", "/docs", undefined],
    ["GET", "/v2", undefined],
    ["GET", "/v2/health/ready", undefined],
    ["GET", "/metrics", "score"],
    ["GET", "/v1/models", "score"],
    ["GET", "/v1/models/table", "score"],
    ["GET", "/v1/models/table/versions", "score"],
    ["GET", "/v1/aliases", "score"],
    ["POST", "/v1/models/table/score", "score"],
    ["POST", "/v1/models/table/versions/1/encode", "score"],
    ["GET", "/v2/models/table", "score"],
    ["POST", "/v2/models/table/infer", "score"],
    ["PUT", "/v1/models/table", "admin"],
    ["DELETE", "/v1/models/none", "admin"],
    ["DELETE", "/v1/models/none/versions/1", "admin"],
    ["PUT", "/v1/aliases/a", "admin"],
    ["DELETE", "/v1/aliases/a", "admin"],
  ];
  for (const [method, path, scope] of routes) {
    const anonymous = await ask(method, path);
    if (scope === undefined) {
      assert.equal(anonymous.status, 200, path);
      continue;
    }
    assert.equal(anonymous.headers.get("www-authenticate"), 'Bearer realm="elbow"');
    await problemOf(anonymous, "unauthorized");
    for (const other of ["score", "train", "admin"] as const) {
      const response = await ask(method, path, `Bearer ${TOKEN[other]}`);
      if (other !== scope) {
        assert.equal(
          response.headers.get("www-authenticate"),
          `Bearer realm="elbow", error="insufficient_scope", scope="${scope}"`,
        );
        await problemOf(response, "forbidden");
      } else {assert.ok(
          ![401, 403].includes(response.status),
          `${method} ${path} ${response.status}`,
        );}
    }
  }
});

Deno.test("an invalid bearer token is refused", async () => {
  const ask = await guarded();
  const good = TOKEN.score;
  for (const right of [`Bearer ${good}`, `bearer ${good}`, `BEARER  ${good}`]) {
    assert.equal((await ask("GET", "/v1/models", right)).status, 200, right);
  }
  const wrong = [
    ...[good, `Basic ${btoa(`x:${good}`)}`, `Bearer`, "Bearer ", `Bearer ${good}x`],
    ...[`Bearer ${good.slice(0, -1)}`, `Bearer ${good.toUpperCase()}`, `Bearer ${good} ${good}`],
    ...[
      `Bearer "${good}"`,
      `Token ${good}`,
      `Bearer ${await hash(good)}`,
      `Bearer ${"x".repeat(600)}`,
    ],
    ...[`Bearer eyJhbGciOiJub25lIn0.e30.`, `Bearer ${good},Bearer ${good}`, `Bearer undefined`],
  ];
  for (const authorization of wrong) {
    const response = await ask("GET", "/v1/models", authorization);
    assert.match(response.headers.get("www-authenticate")!, /error="invalid_token"/);
    await problemOf(response, "unauthorized");
  }
});

Deno.test("createApp() refuses malformed tokens", () => {
  const bad: [unknown, RegExp][] = [
    [[{ hash: "secret", scopes: ["score"] }], /tokens\[0\]: hash must be 64 hexadecimal digits/],
    [[{ hash: "A".repeat(64), scopes: ["score"] }], /in lower case/],
    [[{ hash: "0".repeat(64), scopes: [] }], /scopes must be a list of at least one/],
    [[{ hash: "0".repeat(64), scopes: ["root"] }], /expected "score", "train" or "admin"/],
    [[{ hash: "0".repeat(64), scopes: ["score"], token: "x" }], /unknown key "token"/],
  ];
  for (const [tokens, message] of bad) {
    assert.throws(() => createApp({ models: {}, tokens: tokens as AppOptions["tokens"] }), message);
  }
});

Deno.test("a token is compared in full, wherever it differs", () => {
  // Counts the bytes that are read, because timing would prove nothing.
  const bytes = Array.from({ length: 32 }, (_, i) => i);
  for (const differing of [undefined, 0, 15, 31]) {
    let reads = 0;
    const counting = new Proxy(bytes.map((byte, i) => i === differing ? 99 : byte), {
      get(target, key) {
        if (key !== "length") reads++;
        return Reflect.get(target, key);
      },
    });
    assert.equal(sameBytes(bytes, counting), differing === undefined);
    assert.equal(reads, 32);
  }
});

Deno.test("RateLimiter follows its formula, and remembers at most 10,000 callers", () => {
  let now = 0;
  const limiter = new RateLimiter({ perSecond: 2, burst: 3 }, () => now);
  const take = () => limiter.take("a");
  assert.deepEqual([take(), take(), take(), take()], [0, 0, 0, 0.5]);
  now = 0.25;
  assert.deepEqual([take(), limiter.take("b")], [0.25, 0]);
  now = 0.5;
  assert.deepEqual([take(), take()], [0, 0.5]);
  now = 100;
  assert.deepEqual([take(), take(), take(), take()], [0, 0, 0, 0.5], "no more than the burst");
  now = 99;
  assert.equal(take(), 0.5, "a clock that goes back gives nothing");
  for (let i = 0; i < 30_000; i++) limiter.take(`caller ${i}`);
  assert.equal(limiter.callers, 10_000);
});

Deno.test("RateLimiter forgets those who have not asked for longest: one who keeps asking gets no new bucket", () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, () => 0);
  assert.equal(limiter.take("a"), 0);
  for (let i = 0; i < 30_000; i++) {
    limiter.take(`caller ${i}`);
    if (i % 9000 === 0) assert.equal(limiter.take("a"), 1);
  }
});

Deno.test("requests beyond the rate get 429 and the time to wait, by token or by address", async () => {
  const rateLimit = { perSecond: 0.001, burst: 2 };
  const ask = await guarded({
    rateLimit,
    addressOf: (request) => request.headers.get("x-from") ?? "",
  });
  const bearer = `Bearer ${TOKEN.score}`;
  for (let i = 0; i < 2; i++) assert.equal((await ask("GET", "/v1/models", bearer)).status, 200);
  const refused = await ask("GET", "/v1/models", bearer, { "x-from": "elsewhere" });
  assert.ok(Number(refused.headers.get("retry-after")) >= 999);
  await problemOf(refused, "too-many-requests");
  assert.equal(
    (await ask("GET", "/v1/models", `Bearer ${TOKEN.train}`)).status,
    403,
    "has its own",
  );
  for (let i = 0; i < 2; i++) {
    await problemOf(await ask("GET", "/v1/models", "", { "x-from": "a" }), "unauthorized");
  }
  await problemOf(await ask("GET", "/v1/models", "", { "x-from": "a" }), "too-many-requests");
  await problemOf(await ask("GET", "/v1/models", "", { "x-from": "b" }), "unauthorized");
  for (let i = 0; i < 5; i++) assert.equal((await ask("GET", "/health/live")).status, 200);
});

Deno.test("at most maxInFlight requests are answered at once", async () => {
  const app = createApp({ models: MODELS, maxInFlight: 2 });
  const hold = Promise.withResolvers<void>();
  const slow = () =>
    app.request("/v1/models/table/score", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new ReadableStream({
        async pull(controller) {
          await hold.promise;
          controller.enqueue(new TextEncoder().encode(BODY));
          controller.close();
        },
      }),
    });
  const held = [slow(), slow()];
  const refused = await app.request("/v1/models");
  assert.equal(refused.headers.get("retry-after"), "1");
  await problemOf(refused, "overloaded");
  assert.equal((await app.request("/health/live")).status, 200);
  hold.resolve();
  for (const response of await Promise.all(held)) assert.equal(response.status, 200);
  assert.equal((await app.request("/v1/models")).status, 200);
});

Deno.test("an app that stops is alive but not ready, and refuses new requests", async () => {
  const controller = new AbortController();
  const app = createApp({ models: MODELS, stopping: controller.signal });
  assert.equal((await app.request("/health/ready")).status, 200);
  controller.abort();
  await problemOf(await app.request("/health/ready"), "not-ready");
  await problemOf(await app.request("/v2/health/ready"), "not-ready");
  assert.equal((await app.request("/health/live")).status, 200);
  const refused = await app.request("/v1/models");
  assert.deepEqual([refused.headers.get("retry-after"), refused.headers.get("connection")], [
    "1",
    "close",
  ]);
  await problemOf(refused, "stopping");
});

Deno.test("headers of more than 16,384 characters are refused", async () => {
  const app = createApp({ models: MODELS });
  const ask = (size: number) =>
    app.request("/v1/models", { headers: { "x-pad": "x".repeat(size) } });
  assert.equal((await ask(16_384 - "x-pad".length)).status, 200);
  await problemOf(await ask(16_385 - "x-pad".length), "headers-too-large");
});

Deno.test("CORS: a page of an allowed origin may send every header that the client sends", async () => {
  const origin = "https://a.example", app = createApp({ models: MODELS, origins: [origin] });
  const preflight = await app.request("/v1/models", {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST" },
  });
  const allowed = preflight.headers.get("access-control-allow-headers")!.split(", ");
  const files = ["client.ts", "client/connection.ts", "client/follow_job.ts"];
  const source = (await Promise.all(
    files.map((file) => Deno.readTextFile(new URL(`../../src/http/${file}`, import.meta.url))),
  )).join("\n");
  const sent = [...source.matchAll(/"((?:[a-z]+-)+[a-z]+|accept|authorization)": /g)].map((m) =>
    m[1]
  );
  assert.ok(sent.includes("idempotency-key") && sent.includes("last-event-id"));
  for (const name of new Set([...sent, "authorization", "accept"])) {
    assert.ok(allowed.includes(name), name);
  }
});

Deno.test("CORS: off by default; with a list, only exact origins, and always Vary", async () => {
  const off = createApp({ models: MODELS });
  const plain = await off.request("/v1/models", { headers: { origin: "https://a.example" } });
  assert.deepEqual([plain.headers.get("access-control-allow-origin"), plain.headers.get("vary")], [
    null,
    null,
  ]);
  const allowed = ["https://a.example", "http://localhost:3000"];
  const app = createApp({ models: MODELS, origins: allowed });
  const origins = [
    ...allowed,
    ...[
      "https://a.example/",
      "https://A.example",
      "https://a.example.evil.example",
      "https://evil.example",
    ],
    ...[
      "http://a.example",
      "https://a.example:443",
      "https://xa.example",
      "null",
      "*",
      "",
      "https://a.example,x",
    ],
    ...[
      "https://a.example\u0020https://evil.example",
      "file://",
      "http://localhost",
      "http://localhost:30000",
    ],
  ];
  for (const origin of origins) {
    for (const method of ["GET", "OPTIONS"]) {
      const response = await app.request("/v1/models", {
        method,
        headers: { origin, "access-control-request-method": "GET" },
      });
      await response.body?.cancel();
      const right = allowed.includes(origin);
      assert.equal(
        response.headers.get("access-control-allow-origin"),
        right ? origin : null,
        origin,
      );
      assert.equal(response.headers.get("access-control-allow-credentials"), null);
      assert.equal(response.headers.get("vary"), "origin");
      assert.equal(
        response.status,
        method === "GET" ? 200 : right ? 204 : 405,
        `${method} ${origin}`,
      );
    }
  }
  const problem = await app.request("/v1/none", { headers: { origin: allowed[0] } });
  assert.equal(
    problem.headers.get("access-control-allow-origin"),
    allowed[0],
    "a page may read it",
  );
  for (const bad of ["*", "https://a.example/", "a.example", "https://A.example", "null"]) {
    assert.throws(() => createApp({ models: {}, origins: [bad] }), /Cannot allow origin/);
  }
});

Deno.test("HEAD has the headers of GET and no body, also on a real port", async () => {
  const app = createApp({ models: MODELS });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
  try {
    for (
      const path of [
        "/v1/models",
        "/v1/models/table",
        "/openapi.json",
        "/docs",
        "/v1/models/none",
        "/v2",
      ]
    ) {
      const url = `http://127.0.0.1:${server.addr.port}${path}`;
      const get = await fetch(url), head = await fetch(url, { method: "HEAD" });
      const told = ({ status, headers }: Response) => {
        const {
          date: _date,
          traceparent: _trace,
          vary: _vary,
          "content-encoding": _coding,
          ...rest
        } = Object
          .fromEntries(headers);
        return { status, ...rest };
      };
      const body = await get.arrayBuffer();
      assert.deepEqual(told(head), told(get), path);
      assert.equal(head.headers.get("content-length"), `${body.byteLength}`);
      assert.equal((await head.arrayBuffer()).byteLength, 0);
    }
  } finally {
    await server.shutdown();
  }
});
