/** Every kind of error: its status, its type, and the field that it names. */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import type { Model, Models, ModelStore } from "../../src/http/mod.ts";
import { type ProblemName, PROBLEMS } from "../../src/http/answers/problems.ts";
import { APP, createApp, MODELS, PLAIN, post, problemOf, TABLE } from "./util.ts";

const JSON_TYPE = { "content-type": "application/json" };
const VERB = "/v1/models/table/score";

/** A body in pieces, without Content-Length, that counts how many pieces were taken. */
function streamed(pieces: number, size: number): { stream: ReadableStream; taken: () => number } {
  let taken = 0;
  const stream = new ReadableStream({
    pull(controller) {
      if (taken++ === pieces) controller.close();
      else controller.enqueue(new Uint8Array(size).fill(0x20));
    },
  });
  return { stream, taken: () => taken };
}

Deno.test("errors in rows name row, column and JSON pointer", async () => {
  const good = [500, 1, -3];
  const faults: [rows: string, pointer: string, detail: RegExp][] = [
    ["[]", "/rows", /at least one row/],
    ["{}", "/rows", /at least one row/],
    ["[7]", "/rows/0", /row 1: expected a list or an object of cells, got 7$/],
    [`[[${good}], null]`, "/rows/1", /row 2: .* got null$/],
    [`[[${good}], [1, 2]]`, "/rows/1", /row 2: expected 3 values, got 2$/],
    [`[[${good}], [1, 2, 3, 4]]`, "/rows/1", /expected 3 values, got 4$/],
    [`[[${good}], [1, "2,5", 3]]`, "/rows/1/1", /row 2, column "flow": .* got "2,5"$/],
    [`[[1, 2, "3 bar"]]`, "/rows/0/2", /row 1, column "drift": .* got "3 bar"$/],
    ["[[1, [2], 3]]", "/rows/0/1", /expected a finite number/],
    ["[[1e999, 2, 3]]", "/rows/0/0", /expected a finite number, got Infinity$/],
    ["[[-1e999, 2, 3]]", "/rows/0/0", /got -Infinity$/],
    ["[[1e200, 2, 3]]", "/rows/0/0", /magnitude at most 1e\+150, got 1e\+200$/],
    [
      `[{"heat": 1, "flow": 2}]`,
      "/rows/0",
      /row 1: no column "drift" \(null if its cell is missing\), expected 3 columns$/,
    ],
    [`[{"heat": 1, "flow": "x", "drift": 3}]`, "/rows/0/flow", /row 1, column "flow"/],
    [`[{"heat": 1, "flow": 2, "drift": 3, "x/~": 4}]`, "/rows/0/x~1~0", /unknown column "x\/~"/],
    [`[{"heat": 1, "flow": 2, "drift": 3, "__proto__": 4}]`, "/rows/0/__proto__", /unknown/],
    [`[{"heat": 1, "flow": 2, "drifts": 4}]`, "/rows/0/drifts", /unknown column "drifts"/],
    [`[{"toString": 1, "flow": 2, "drift": 4}]`, "/rows/0/toString", /unknown column "toString"/],
  ];
  for (const [rows, pointer, detail] of faults) {
    const problem = await problemOf(await post("table/score", `{"rows": ${rows}}`), "invalid-body");
    assert.deepEqual(problem.errors?.map((each) => each.pointer), [pointer], rows);
    assert.match(problem.detail, detail, rows);
    assert.equal(problem.errors?.[0].detail, problem.detail);
  }
  const tooLarge = await problemOf(await post("plain/score", { rows: [[1, 4e38, 3]] }));
  assert.deepEqual(tooLarge.errors?.map((each) => each.pointer), ["/rows/0/1"]);
});

Deno.test("errors in other fields name the field", async () => {
  const rows = [[500, 1, -3]];
  const faults: [verb: string, body: unknown, pointers: readonly string[]][] = [
    ["score", 7, [""]],
    ["score", null, [""]],
    ["score", [], [""]],
    ["score", {}, ["/rows"]],
    ["score", { rows, seed: 1 }, ["/seed"]],
    ["score", `{"rows": [[500, 1, -3]], "__proto__": {"polluted": 1}}`, ["/__proto__"]],
    ["score", { rows, constructor: 1 }, ["/constructor"]],
    ["score", { rows, ["k".repeat(1000)]: 1 }, [""]],
    ["score", { rows, falseAlarmRate: 0 }, ["/falseAlarmRate"]],
    ["score", { rows, falseAlarmRate: 1 }, ["/falseAlarmRate"]],
    ["score", { rows, falseAlarmRate: "0.1" }, ["/falseAlarmRate"]],
    ["score", { rows, falseAlarmRate: 1e-9 }, ["/falseAlarmRate"]],
    ["sample", {}, ["/count"]],
    ["sample", { count: 0 }, ["/count"]],
    ["sample", { count: 1.5 }, ["/count"]],
    ["sample", { count: 10_001 }, ["/count"]],
    ["sample", { count: 1, seed: 2 ** 53 }, ["/seed"]],
    ["sample", { count: 1, mean: 1 }, ["/mean"]],
    ["sample", { count: "1", seed: null, mean: "" }, ["/count", "/seed", "/mean"]],
    ["log-likelihood", { rows, samples: 0 }, ["/samples"]],
    ["log-likelihood", { rows, samples: 1_000_001 }, ["/samples"]],
    ["log-likelihood", { rows, samples: 1e300 }, ["/samples"]],
    ["decode", { rows: [[1, 2, 3]] }, ["/rows/0"]],
  ];
  for (const [verb, body, pointers] of faults) {
    const problem = await problemOf(await post(`table/${verb}`, body), "invalid-body");
    assert.deepEqual(problem.errors?.map((each) => each.pointer), pointers, problem.detail);
  }
  assert.equal(Object.hasOwn(Object.prototype, "polluted"), false);
  const tensor = await APP.request("/v2/models/plain/infer", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ inputs: [{ name: "x", shape: [1, 3], data: [1, 2, 3] }] }),
  });
  assert.match((await problemOf(tensor)).detail, /^Cannot read inputs: missing key "datatype"$/);
  const none = await problemOf(await post("plain/score", { rows, falseAlarmRate: 0.1 }));
  assert.deepEqual(none.errors?.map((each) => each.pointer), ["/falseAlarmRate"]);
});

Deno.test("rows whose results are not finite are refused, instead of answered with null", async () => {
  const rows = [[1, 2, 3], [3e38, -3e38, 3e38]];
  for (const verb of ["score", "log-likelihood"]) {
    const problem = await problemOf(await post(`plain/${verb}`, { rows }), "result-not-finite");
    assert.deepEqual(problem.errors?.map((each) => each.pointer), ["/rows/1"]);
  }
});

Deno.test("a cell that the likelihood cannot take is named, by position or by name", async () => {
  const counts = VAE.create({
    inputs: 2,
    latent: [{ size: 1 }],
    likelihood: { type: "mixed", columns: [{ type: "poisson" }, { type: "bernoulli" }] },
  }, { seed: 1 });
  const app = createApp({ models: { counts } });
  const faults: [rows: unknown[], pointer: string, expected: RegExp][] = [
    [[[3, 1], [2.5, 0]], "/rows/1/0", /row 2, column "x0": expected a whole number from 0 to/],
    [[{ x0: 3, x1: 7 }], "/rows/0/x1", /row 1, column "x1": expected a value from 0 to 1, .* 7$/],
  ];
  for (const verb of ["score", "encode", "reconstruct", "log-likelihood"]) {
    for (const [rows, pointer, expected] of faults) {
      const problem = await problemOf(await post(`counts/${verb}`, { rows }, app), "invalid-body");
      assert.deepEqual(problem.errors?.map((each) => each.pointer), [pointer]);
      assert.match(problem.detail, expected);
    }
  }
  assert.equal((await post("counts/score", { rows: [[16_777_216, 1]] }, app)).status, 200);
});

Deno.test("a model whose results are not finite for any row gives a problem too", async () => {
  const wild = VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed: 1 });
  wild.setParameters(
    new Map([...wild.parameters()].map(([name, { data }]) => [name, { data: data.fill(3e38) }])),
  );
  const app = createApp({ models: { wild } });
  const problem = await problemOf(
    await post("wild/sample", { count: 9 }, app),
    "result-not-finite",
  );
  assert.deepEqual(problem.errors?.map((each) => each.pointer), ["/count"]);
});

Deno.test("limits on rows and numbers are checked before anything is computed", async () => {
  const app = createApp({ models: MODELS, maxRows: 3 });
  const row = [500, 1, -3];
  assert.equal((await post("table/score", { rows: [row, row, row] }, app)).status, 200);
  const refused: [verb: string, body: unknown, pointer: string][] = [
    ["score", { rows: [row, row, row, row] }, "/rows"],
    ["decode", { rows: [[1, 2], [1, 2], [1, 2], [1, 2]] }, "/rows"],
    ["sample", { count: 4 }, "/count"],
    ["log-likelihood", { rows: [row, row], samples: 151 }, "/samples"],
  ];
  for (const [verb, body, pointer] of refused) {
    const problem = await problemOf(await post(`table/${verb}`, body, app), "invalid-body");
    assert.deepEqual(problem.errors?.map((each) => each.pointer), [pointer]);
  }
});

Deno.test("an answer of more than four million numbers is refused", async () => {
  const wide = VAE.create({ inputs: 1000, latent: [{ size: 1 }] }, { seed: 1 });
  const app = createApp({ models: { wide } });
  const rows = Array.from({ length: 4001 }, () => [0]);
  for (
    const [verb, body, pointer] of [
      ["sample", { count: 4001 }, "/count"],
      ["decode", { rows }, "/rows"],
    ] as const
  ) {
    const problem = await problemOf(await post(`wide/${verb}`, body, app), "invalid-body");
    assert.deepEqual(problem.errors?.map((each) => each.pointer), [pointer]);
    assert.match(problem.detail, /4001 rows of 1000$/);
  }
});

Deno.test("malformed bodies get 400", async () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  const bodies: Uint8Array<ArrayBuffer>[] = [
    ...["", " ", "{", "nul", "{]", `{"rows": [[1, 2, NaN]]}`, `{"rows": [[1,]]}`, "{}{}"].map(
      encode,
    ),
    encode("[".repeat(100_000)),
    encode(`{"a":`.repeat(100_000)),
    encode("[".repeat(9) + "]".repeat(9)),
    Uint8Array.of(0x22, 0xff, 0x22),
    Uint8Array.of(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00),
  ];
  for (const body of bodies) {
    const response = await APP.request(VERB, { method: "POST", headers: JSON_TYPE, body });
    await problemOf(response, "malformed-json");
  }
  const nestedInText = { rows: [[1, 2, "[".repeat(100)]] };
  await problemOf(await post("table/score", nestedInText), "invalid-body");
  // Brackets after an escaped quote are still text, and eight levels are few enough.
  for (
    const body of [`{"rows": [[1, 2, "\\"${"[".repeat(100)}"]]}`, "[".repeat(8) + "]".repeat(8)]
  ) {
    const response = await APP.request(VERB, { method: "POST", headers: JSON_TYPE, body });
    await problemOf(response, "invalid-body");
  }
  const broken = new ReadableStream({
    pull(controller) {
      controller.error(new TypeError("the client went away"));
    },
  });
  const request = { method: "POST", headers: JSON_TYPE, body: broken };
  await problemOf(await APP.request(VERB, request), "malformed-json");
});

Deno.test("bodies are measured in the bytes that arrive, whatever Content-Length says", async () => {
  const app = createApp({ models: MODELS, maxBodyBytes: 10_000 });
  const send = (body: BodyInit, headers: Record<string, string> = {}) =>
    app.request(VERB, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body });
  const text = JSON.stringify({ rows: [[500, 1, -3]] });
  assert.equal((await send(text + " ".repeat(10_000 - text.length))).status, 200);
  await problemOf(await send(text + " ".repeat(10_001 - text.length)), "body-too-large");
  for (const headers of [{}, { "content-length": "2" }, { "content-length": "many" }]) {
    const { stream, taken } = streamed(1000, 1000);
    await problemOf(await send(stream, headers as Record<string, string>), "body-too-large");
    assert.ok(taken() <= 13, `took ${taken()} pieces of 1,000 bytes`);
  }
  const exact = text + " ".repeat(10_000 - text.length);
  assert.equal((await send(exact, { "content-length": "10000" })).status, 200);
  const { stream, taken } = streamed(1, 1);
  await problemOf(await send(stream, { "content-length": "10001" }), "body-too-large");
  assert.ok(taken() <= 1, "a body that is announced as too large is not read");
  const many = streamed(9_999, 1);
  await problemOf(await send(many.stream), "malformed-json");
});

Deno.test("other media types and encodings get 415", async () => {
  const body = JSON.stringify({ rows: [[500, 1, -3]] });
  const send = (headers: Record<string, string>) =>
    APP.request(VERB, { method: "POST", headers, body });
  const accepted = [
    "application/json",
    "Application/JSON; charset=UTF-8",
    `application/json;charset="utf-8"`,
  ];
  for (const type of accepted) assert.equal((await send({ "content-type": type })).status, 200);
  const refused = ["", "text/plain", "application/jsonp", "application/json; charset=utf-16"];
  for (const type of [...refused, "multipart/form-data; boundary=x"]) {
    const response = await send({ "content-type": type });
    const accepted = "application/json, application/octet-stream, application/x-ndjson";
    assert.equal(response.headers.get("accept"), accepted);
    await problemOf(response, "unsupported-media-type");
  }
  for (const encoding of ["gzip", "br", "identity, gzip", "x"]) {
    const response = await send({ ...JSON_TYPE, "content-encoding": encoding });
    await problemOf(response, "unsupported-media-type");
  }
  assert.equal((await send({ ...JSON_TYPE, "content-encoding": "identity" })).status, 200);
  const none = await APP.request(VERB, { method: "POST" });
  await problemOf(none, "unsupported-media-type");
});

Deno.test("other methods get 405 and the list of allowed ones", async () => {
  const paths: [path: string, allow: string][] = [
    ["/health/live", "GET, HEAD"],
    ["/health/ready", "GET, HEAD"],
    ["/v1/models", "GET, HEAD"],
    ["/v1/models/table", "GET, HEAD"],
    ...["encode", "decode", "reconstruct", "sample", "score", "log-likelihood"].map((verb) =>
      [`/v1/models/table/${verb}`, "POST"] as [string, string]
    ),
  ];
  for (const [path, allow] of paths) {
    const wrong = allow === "POST" ? ["GET", "PUT"] : ["POST"];
    for (const method of [...wrong, "DELETE", "PATCH", "OPTIONS", "SEARCH"]) {
      const response = await APP.request(path, { method });
      assert.equal(response.headers.get("allow"), allow, `${method} ${path}`);
      await problemOf(response, "method-not-allowed");
    }
    if (allow !== "POST") assert.equal((await APP.request(path, { method: "HEAD" })).status, 200);
  }
});

Deno.test("unknown addresses and models get 404, and no invalid name reaches the store", async () => {
  for (
    const path of ["/", "/v1", "/health", "/v1/models/", "/v1/models/table/", "/V1/models"]
  ) {
    await problemOf(await APP.request(path), "unknown-route");
  }
  assert.match((await (await APP.request("/")).json()).detail, /GET \/docs lists all addresses/);
  await problemOf(await post("table/train", {}), "unknown-route");
  const { detail } = await (await post("table/predict", {})).json();
  assert.match(detail, /the verbs of a model are encode, .*score/);
  const asked: string[] = [];
  const models: Models = new (class extends Map<string, Model> {
    override get(name: string): undefined {
      asked.push(name);
    }
  })();
  const app = createApp({ models });
  const names = [
    "table",
    "Table-1.v2_x",
    "%74able",
    "..%2ftable",
    "%2e%2e%2f",
    "%252e%252e",
    "a%00b",
  ]
    .concat(["a%2Fb", "a%5Cb", "-a", ".a", "_a", "a b", "a%20b", "ä", "%ff", "%zz", "%", "a;b"])
    .concat(["__proto__", "a".repeat(64), "a".repeat(65), "a%0a", "constructor"]);
  for (const name of names) {
    for (const request of [app.request(`/v1/models/${name}`), post(`${name}/score`, {}, app)]) {
      await problemOf(await request, "unknown-model");
    }
  }
  const once = ["table", "Table-1.v2_x", "table", "a".repeat(64), "constructor"];
  assert.deepEqual(asked, once.flatMap((name) => [name, name]));
  await problemOf(await app.request("/v1/models/../../etc/passwd"), "unknown-route");
});

Deno.test("a failure of the server says nothing about its internals to the caller", async () => {
  const secret = new TypeError("cannot open file:///srv/models/secret.safetensors");
  const fail = () => Promise.reject(secret);
  const store: ModelStore = {
    readIndex: fail,
    replaceIndex: fail,
    read: fail,
    write: fail,
    remove: fail,
  };
  const logged: unknown[] = [];
  const log = console.error;
  console.error = (error) => logged.push(error);
  try {
    const app = createApp({ models: store });
    const requests: [Response, ProblemName][] = [
      [await app.request("/v1/models"), "internal"],
      [await post("table/score", { rows: [[1]] }, app), "internal"],
      [await app.request("/health/ready"), "not-ready"],
    ];
    for (const [response, kind] of requests) {
      const problem = await problemOf(response, kind);
      assert.doesNotMatch(JSON.stringify(problem), /secret|file:|\.ts/);
    }
    assert.equal((await app.request("/health/live")).status, 200);
  } finally {
    console.error = log;
  }
  assert.deepEqual(logged, [secret, secret, secret]);
});

Deno.test("createApp() refuses names, models and limits that it cannot serve", () => {
  const models: [Record<string, unknown>, RegExp][] = [
    [{ "a b": TABLE }, /Cannot serve model "a b": a name is 1 to 64 letters/],
    [{ "": TABLE }, /Cannot serve model ""/],
    [{ ".hidden": PLAIN }, /Cannot serve model ".hidden"/],
    [{ a: undefined }, /Cannot serve model "a": expected a loaded model, got undef/],
    [
      { a: Promise.resolve(TABLE) },
      /Cannot serve model "a": expected a loaded model, got Promise/,
    ],
    [{ a: new Uint8Array(3) }, /Cannot serve model "a": expected a loaded model/],
  ];
  for (const [record, message] of models) {
    assert.throws(() => createApp({ models: record as Record<string, Model> }), message);
  }
  const untyped = createApp as (options?: unknown) => unknown;
  for (const options of [undefined, {}, { models: 7 }]) {
    assert.throws(() => untyped(options), /Cannot serve: expected models, .*, got (undefined|7)$/);
  }
  assert.throws(() => createApp({ models: MODELS, maxRows: 0 }), /maxRows: must be at least 1/);
  assert.throws(() => createApp({ models: MODELS, maxBodyBytes: NaN }), /maxBodyBytes/);
});

Deno.test("the types of problems are the documented ones", () => {
  assert.deepEqual(Object.entries(PROBLEMS).map(([name, { status }]) => `${status} ${name}`), [
    "400 malformed-json",
    "401 unauthorized",
    "403 forbidden",
    "404 unknown-route",
    "404 unknown-model",
    "404 unknown-job",
    "404 no-result",
    "404 unknown-upload",
    "405 method-not-allowed",
    "408 body-timeout",
    "409 conflict",
    "412 precondition-failed",
    "413 body-too-large",
    "415 unsupported-media-type",
    "422 invalid-body",
    "422 invalid-model",
    "422 result-not-finite",
    "422 over-budget",
    "429 too-many-requests",
    "429 queue-full",
    "431 headers-too-large",
    "500 internal",
    "503 not-ready",
    "503 overloaded",
    "503 stopping",
    "507 quota-exceeded",
    "507 storage-full",
  ]);
});
