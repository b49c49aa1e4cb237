/** Known attacks on other servers: each is tried here and must have no effect. */
import assert from "node:assert/strict";
import { digestOf, memoryStore, type ModelStore } from "../../src/http/mod.ts";
import { importsOf } from "../../scripts/lib/imports.ts";
import { readTree } from "../../scripts/lib/tree.ts";
import { APP, createApp, MODELS, problemOf, TABLE } from "./util.ts";

const TOKEN = "hostile";
const HASH = await digestOf(new TextEncoder().encode(TOKEN));
const AUTH = { authorization: `Bearer ${TOKEN}` };

/** Ways of writing "../" that have fooled other programs, and invalid names. */
function pathTricks(): string[] {
  const dots = [
    "..",
    "%2e%2e",
    "%2E%2E",
    ".%2e",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "%uff0e%uff0e",
    "\u2025",
    "..;",
  ];
  const slashes = [
    "/",
    "%2f",
    "%2F",
    "%5c",
    "\\",
    "%252f",
    "%c0%af",
    "%ef%bc%8f",
    "//",
    "%2f%2f",
    "/./",
    ";/",
  ];
  const targets = ["etc/passwd", "table", "index.json", ".elbow%2findex.json"];
  const climbs = dots.flatMap((dot) =>
    slashes.flatMap((slash) => targets.map((end) => dot + slash + end))
  );
  const names = [
    ...[
      "%00",
      "table%00",
      "table%00.safetensors",
      "%0d%0aset-cookie:x",
      "%0a",
      "table%20",
      "%20table",
      "table.",
    ],
    ...[
      "C:%5c",
      "file:%2f%2f%2fetc",
      "http:%2f%2f127.0.0.1",
      "~",
      "~root",
      "$HOME",
      "`id`",
      "$(id)",
      "|id",
      "table;id",
    ],
    ...[
      "'",
      "%22",
      "<script>",
      "{{7*7}}",
      "${7*7}",
      "*",
      "?",
      "%3f",
      "%23",
      "-",
      ".",
      "_",
      "CON",
      "nul.txt",
    ],
    ...[
      "__proto__",
      "constructor",
      "prototype",
      "toString",
      "hasOwnProperty",
      "a".repeat(65),
      "a".repeat(5000),
    ],
    ...["%ff", "%80", "%", "%z", "%1", "\u0661", "t\u0430ble", "table\u200b", "\u202etable"],
  ];
  return [...climbs, ...names];
}

Deno.test("names and paths: of some 480 tricks none finds a model or reaches the store's bytes", async () => {
  const store = await memoryStore({ table: TABLE.save() });
  const touched: string[] = [];
  const guarded: ModelStore = {
    ...store,
    read: (digest) => (touched.push(`read ${digest}`), store.read(digest)),
    write: (digest, bytes) => (touched.push(`write ${digest}`), store.write(digest, bytes)),
    remove: (digest) => (touched.push(`remove ${digest}`), store.remove(digest)),
  };
  const app = createApp({ models: guarded, tokens: [{ hash: HASH, scopes: ["score", "admin"] }] });
  const tricks = pathTricks();
  assert.ok(tricks.length > 450, `${tricks.length}`);
  for (const trick of tricks) {
    for (const [method, suffix] of [["GET", ""], ["POST", "/score"], ["PUT", ""], ["DELETE", ""]]) {
      const init = { method, headers: { ...AUTH, "content-type": "application/octet-stream" } };
      const response = await app.request(`/v1/models/${trick}${suffix}`, init);
      // "CON" and similar names are valid here, but of no model: uploads to them fail because the files are empty.
      const text = `${method} ${trick} ${response.status}`;
      assert.ok([400, 404, 405, 422].includes(response.status), text);
      await problemOf(response);
    }
  }
  assert.deepEqual(touched, []);
  assert.deepEqual([...(await store.readIndex()).index.models.keys()], ["table"]);
});

Deno.test("no text of a request makes the server open a connection", async () => {
  const urls = [
    ...[
      "http://127.0.0.1:22",
      "http://localhost/",
      "http://[::1]/",
      "http://0.0.0.0",
      "http://0/",
      "http://2130706433/",
    ],
    ...[
      "http://0x7f.1/",
      "http://127.1/",
      "http://169.254.169.254/latest/meta-data",
      "http://metadata.google.internal/",
    ],
    ...[
      "file:///etc/passwd",
      "gopher://127.0.0.1:6379/_",
      "ftp://127.0.0.1/",
      "data:text/plain,x",
      "blob:http://x/y",
    ],
    ...[
      "//127.0.0.1/",
      "http:127.0.0.1",
      "https://example.org@127.0.0.1/",
      "http://127.0.0.1#@example.org/",
    ],
    ...[
      "http://127。0。0。1/",
      "http://①②⑦.0.0.1/",
      "s3://bucket/key",
      "npm:left-pad",
      "jar:http://127.0.0.1!/x",
    ],
  ];
  const calls: string[] = [];
  const { fetch: original, WebSocket: socket } = globalThis, { connect } = Deno;
  globalThis.fetch = (input) => {
    calls.push(`fetch ${input}`);
    return Promise.reject(new TypeError("no"));
  };
  Deno.connect = ((options: unknown) => {
    calls.push(`connect ${JSON.stringify(options)}`);
    return Promise.reject(new TypeError("no"));
  }) as typeof Deno.connect;
  try {
    const app = createApp({
      models: await memoryStore(),
      tokens: [{ hash: HASH, scopes: ["score", "admin"] }],
    });
    for (const url of urls) {
      const bodies: [string, string, unknown][] = [
        ["PUT", "/v1/aliases/a", { model: url }],
        ["POST", "/v1/models/table/score", { rows: url }],
        ["POST", "/v1/models/table/score", { rows: [[url, url, url]], model: url, url }],
        ["POST", "/v2/models/table/infer", {
          id: url,
          inputs: [{ name: url, datatype: url, shape: [url] }],
        }],
        ["PUT", "/v1/models/a", url],
      ];
      for (const [method, path, body] of bodies) {
        const headers = {
          ...AUTH,
          "content-type": "application/json",
          "x-forwarded-host": encodeURI(url),
          referer: "http://x",
        };
        for (const target of [app, APP]) {
          const response = await target.request(path, {
            method,
            headers,
            body: JSON.stringify(body),
          });
          assert.ok(response.status >= 400 && response.status < 500);
          await response.body?.cancel();
        }
      }
      await APP.request(`/v1/models/${encodeURIComponent(url)}`);
    }
  } finally {
    Object.assign(globalThis, { fetch: original, WebSocket: socket });
    Deno.connect = connect;
  }
  assert.deepEqual(calls, []);
});

/**
 * Sends bytes and reads one answer, or until the server closes. Deno.serve keeps the socket of an abandoned body open
 * until the client closes it.
 */
async function raw(port: number, pieces: readonly string[], pauseMs = 0): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const encoder = new TextEncoder(), decoder = new TextDecoder();
  let isOver = false;
  const sending = (async () => {
    for (const piece of pieces) {
      if (isOver) return;
      await connection.write(encoder.encode(piece)).catch(() => {});
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  })();
  let text = "";
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) break;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    const [head, body] = text.split("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? NaN);
    if (body !== undefined && new TextEncoder().encode(body).length >= length) break;
  }
  isOver = true;
  await sending;
  return text;
}

const HEAD =
  "POST /v1/models/table/score HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n";

Deno.test("on a real port: slow bodies are abandoned, false lengths and smuggled bodies are refused", async () => {
  const app = createApp({ models: MODELS, bodySeconds: 0.2, maxBodyBytes: 10_000 });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
  const { port } = server.addr;
  try {
    const slow = Array.from(
      { length: 50 },
      () => raw(port, [`${HEAD}content-length: 100\r\n\r\n{`]),
    );
    const good = `${HEAD}content-length: 23\r\n\r\n{"rows": [[500, 1, -3]]}`.replace("23", "24");
    assert.match(await raw(port, [good]), /^HTTP\/1\.1 200 /, "others are answered meanwhile");
    for (const answer of await Promise.all(slow)) assert.match(answer, /^HTTP\/1\.1 408 /);
    const dripping = Array.from({ length: 60 }, () => "1\r\n \r\n");
    const drip = await raw(port, [`${HEAD}transfer-encoding: chunked\r\n\r\n`, ...dripping], 10);
    assert.match(drip, /^HTTP\/1\.1 408 /);

    const huge = `${HEAD}content-length: 99999999\r\n\r\n`;
    assert.match(await raw(port, [huge]), /^HTTP\/1\.1 413 /);
    const chunk = `1000\r\n${" ".repeat(0x1000)}\r\n`;
    const long = await raw(port, [
      `${HEAD}transfer-encoding: chunked\r\n\r\n`,
      ...Array(50).fill(chunk),
    ]);
    assert.match(long, /^HTTP\/1\.1 413 /);
    // Both kinds of length at once: whichever the server uses, the limit holds and nothing follows.
    const both = await raw(port, [
      `${HEAD}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n`,
      ...Array(50).fill(chunk),
    ]);
    assert.match(both, /^HTTP\/1\.1 4\d\d /);
    assert.equal(both.match(/HTTP\/1\.1/g)?.length, 1);
    const twice = await raw(port, [`${HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`]);
    assert.match(twice, /^HTTP\/1\.1 4\d\d |^$/);
    const padded = `GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-pad: ${
      "x".repeat(20_000)
    }\r\n\r\n`;
    assert.match(await raw(port, [padded]), /^HTTP\/1\.1 431 /);
    for (
      const garbage of [
        "\r\n\r\n",
        "GET\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "x".repeat(5000) + "\r\n\r\n",
      ]
    ) {
      assert.match(await raw(port, [garbage]), /^HTTP\/1\.[01] 4\d\d |^$/);
    }
    assert.match(await raw(port, [good]), /^HTTP\/1\.1 200 /);
  } finally {
    await server.shutdown();
  }
});

Deno.test("on a real port: a host that is none is an error of the caller, not of the server", async () => {
  const app = createApp({ models: MODELS, onError: (error) => assert.fail(`${error}`) });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
  try {
    const ask = async (head: string, body: string) =>
      await raw(server.addr.port, [head, `content-length: ${body.length}\r\n\r\n${body}`]);
    for (
      const host of ["a b", "[", "x:99999", "%", "", "#", "é", "a/v1/models/table/score", "a?b"]
    ) {
      const json = HEAD.replace("host: x", `host: ${host}`);
      const lines = json.replace("/score ", "/score?falseAlarmRate=0.1 ").replace(
        "json",
        "x-ndjson",
      );
      assert.match(await ask(json, '{"rows":[[500,1,-3]]}'), /^HTTP\/1\.1 (200|4\d\d) /, host);
      assert.match(await ask(lines, "[500,1,-3]\n"), /^HTTP\/1\.1 (200|4\d\d) /, host);
    }
  } finally {
    await server.shutdown();
  }
});

Deno.test("the library evaluates nothing, loads nothing that a request names, and uses few packages", () => {
  const files = readTree().filter(({ path }) => path === "mod.ts" || /^src\/.*\.ts$/.test(path));
  const packages = new Set<string>();
  for (const { path, text } of files) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    assert.doesNotMatch(
      code,
      /\beval\(|new Function\b|\bFunction\(|importScripts|setTimeout\(\s*["'`]/,
      path,
    );
    // Dynamic imports name a file of the library, or a package with its version, as a literal.
    for (const [, specifier] of code.matchAll(/\bimport\(([^)]*)\)/g)) {
      assert.match(specifier, /^"(\.{1,2}\/|npm:[\w@/.-]+@\d+\.\d+\.\d+")/, path);
    }
    // A quantifier on a group that ends in a quantifier can make matching take exponential time.
    for (
      const [pattern] of code.matchAll(/\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//g)
    ) {
      assert.doesNotMatch(pattern, /[+*}]\)[+*{]/, `${path}: ${pattern}`);
    }
    if (!path.startsWith("src/http/")) continue;
    for (const { specifier } of importsOf({ path, text })) {
      if (specifier.startsWith("npm:")) packages.add(specifier);
    }
  }
  assert.deepEqual([...packages].sort(), [
    "npm:@valibot/to-json-schema@1.8.0",
    "npm:hono@4.13.19",
    "npm:valibot@1.5.0",
  ]);
});

Deno.test("memory stays flat: 160,000 scores add less than a kilobyte per thousand", async () => {
  // In a separate process, because garbage must be collected before each measurement.
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--no-check",
      "--v8-flags=--expose-gc",
      "tests/http/memory_probe.ts",
      "20000",
      "9",
    ],
    stderr: "inherit",
  }).output();
  assert.ok(success);
  const bytes = JSON.parse(new TextDecoder().decode(stdout)) as number[];
  // The first 20,000 after warming up are left out. Code that is compiled or discarded moves a measurement by some 40
  // kB, so the slope is the median of those between all pairs (Theil and Sen) of nine measurements accurate to some 5
  // kB.
  const settled = bytes.slice(1);
  const slopes = settled.flatMap((from, i) =>
    settled.slice(i + 1).map((to, k) => (to - from) / (k + 1))
  ).sort((a, b) => a - b);
  assert.ok(slopes[slopes.length >> 1] < 20_000, `${bytes}`);
});
