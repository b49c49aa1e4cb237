/**
 * Requests that every runtime must answer in the same way: all verbs in all formats, and bad input of every kind that
 * gets past a runtime's own HTTP parser (field, row, shape, type, size, nesting, encoding, media type, method, path,
 * token).
 *
 * A page could set every header here too, and no GET has a body.
 */
import { TOKEN, TRAIN_TOKEN } from "./subject.ts";

export interface Ask {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64, so that it can be passed to any host. */
  readonly body?: string;
  /** The expected status on every runtime. */
  readonly status: number;
}

const AUTH = { authorization: `Bearer ${TOKEN}` };
const JSON_TYPE = { "content-type": "application/json" };
const FLOATS = { "content-type": "application/octet-stream" };
const LINES = { "content-type": "application/x-ndjson" };

type Body = string | Uint8Array;

function ask(
  status: number,
  name: string,
  method: string,
  path: string,
  { body, headers = {}, token = true }: {
    body?: Body;
    headers?: Record<string, string>;
    token?: boolean;
  } = {},
): Ask {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const given = { ...(token && AUTH), ...headers };
  return { name, method, path, headers: given, status, ...(bytes && { body: bytes.toBase64() }) };
}

function post(status: number, name: string, path: string, body: unknown): Ask {
  return ask(status, name, "POST", `/v1/models/${path}`, {
    body: JSON.stringify(body),
    headers: JSON_TYPE,
  });
}

/** A JSON body, unchanged. */
function text(status: number, name: string, body: Body, headers = {}, path = "table/score"): Ask {
  return ask(status, name, "POST", `/v1/models/${path}`, {
    body,
    headers: { ...JSON_TYPE, ...headers },
  });
}

function floats(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** Rows of the table, in its units; some are extreme. */
const ROWS: readonly (readonly number[])[] = Array.from(
  { length: 40 },
  (_, r) => [500 + 100 * Math.fround(Math.sin(r)), (r * 37 % 11) / 5 - 1, r % 13 === 0 ? 1 : -3],
);
const NAMED = ROWS.map(([heat, flow, drift]) => ({ drift, heat, flow }));
const Z = [[0, 0], [1, -1], [30, 30]];
const BITS = [[0, 1, 1, 0], [1, 1, 1, 1], [0, 0.25, 1, 0]];
const COUNTS = [[0, 3], [12, 1], [1000, 0]];

const READ: readonly Ask[] = [
  ask(200, "live", "GET", "/health/live"),
  ask(200, "ready", "GET", "/health/ready"),
  ask(200, "head", "HEAD", "/health/live"),
  ask(200, "list", "GET", "/v1/models"),
  ask(200, "describe a detector", "GET", "/v1/models/table"),
  ask(200, "describe a version", "GET", "/v1/models/table/versions/1"),
  ask(200, "describe a VAE", "GET", "/v1/models/counts"),
  ask(200, "the document", "GET", "/openapi.json"),
  ask(200, "the page", "GET", "/docs"),
  ask(200, "protocol: server", "GET", "/v2"),
  ask(200, "protocol: model", "GET", "/v2/models/table"),
  ask(200, "protocol: model ready", "GET", "/v2/models/table/ready"),
];

const VERBS: readonly Ask[] = [
  post(200, "score", "table/score", { rows: ROWS }),
  post(200, "score by one network", "small/score", { rows: ROWS }),
  post(200, "score named", "table/score", { rows: NAMED, falseAlarmRate: 0.1 }),
  post(200, "score more rows than one run takes", "table/score", {
    rows: Array.from({ length: 300 }, (_, r) => ROWS[r % ROWS.length]),
  }),
  post(200, "score by a VAE", "plain/score", { rows: [[0, 1, 2], [-1e4, 1e4, 0]] }),
  post(200, "score bits", "bits/score", { rows: BITS }),
  post(200, "score counts", "counts/score", { rows: COUNTS }),
  post(200, "encode", "table/encode", { rows: ROWS.slice(0, 5) }),
  post(200, "decode", "table/decode", { rows: Z }),
  post(200, "reconstruct", "bits/reconstruct", { rows: BITS }),
  post(200, "sample a table", "table/sample", { count: 20, seed: 5 }),
  post(200, "sample bits", "bits/sample", { count: 20, seed: 2 ** 40 }),
  post(200, "sample counts", "counts/sample", { count: 50 }),
  post(200, "sample means", "counts/sample", { count: 5, mean: true }),
  post(200, "log-likelihood", "table/log-likelihood", {
    rows: ROWS.slice(0, 6),
    samples: 70,
    seed: 9,
  }),
  post(200, "log-likelihood of counts", "counts/log-likelihood", { rows: COUNTS }),
  text(200, "float32 rows", floats(...ROWS.flat()), FLOATS),
  text(200, "float32 answer", JSON.stringify({ rows: ROWS }), {
    accept: "application/octet-stream",
  }),
  text(200, "float32 both ways, with an option", floats(...ROWS.flat()), {
    ...FLOATS,
    accept: "application/octet-stream",
  }, "table/score?falseAlarmRate=0.2"),
  text(200, "a stream", ROWS.map((row) => JSON.stringify(row)).join("\n"), LINES),
  text(
    200,
    "a stream with bad lines",
    `${ROWS.slice(0, 3).map((row) => JSON.stringify(row)).join("\n")}
[1,2]
{"heat":1}
null
[1e999,0,0]
[500,0,-3]
`,
    LINES,
  ),
  ask(200, "protocol: infer", "POST", "/v2/models/table/infer", {
    headers: JSON_TYPE,
    body: JSON.stringify({
      id: "7",
      inputs: [{ name: "x", shape: [2, 3], datatype: "FP64", data: ROWS.slice(0, 2).flat() }],
    }),
  }),
  binaryInfer(200, "protocol: binary tensors", 24),
];

/** The protocol's binary extension; the JSON announces the bytes that follow. */
function binaryInfer(status: number, name: string, size: number): Ask {
  const input = {
    name: "x",
    shape: [2, 3],
    datatype: "FP32",
    parameters: { binary_data_size: size },
  };
  const json = new TextEncoder().encode(
    JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } }),
  );
  const body = new Uint8Array(json.length + 24);
  body.set(json);
  body.set(floats(500, 0, -3, 600, 1, 1), json.length);
  return ask(status, name, "POST", "/v2/models/table/infer", {
    body,
    headers: { ...FLOATS, "inference-header-content-length": `${json.length}` },
  });
}

const BAD: readonly Ask[] = [
  post(422, "no rows", "table/score", {}),
  post(422, "empty rows", "table/score", { rows: [] }),
  post(422, "a row of another length", "table/score", { rows: [[1, 2, 3], [1, 2]] }),
  post(422, "text in a cell", "table/score", { rows: [[1, "two", 3]] }),
  post(200, "a boolean and a number as text", "table/score", { rows: [[1, true, "3"]] }),
  post(422, "a list in a cell", "table/score", { rows: [[1, [2], 3]] }),
  post(422, "a row that is no row", "table/score", { rows: [5] }),
  post(422, "a missing column", "table/score", { rows: [{ heat: 1, flow: 2 }] }),
  post(422, "an unknown column", "table/score", {
    rows: [{ heat: 1, flow: 2, drift: 3, more: 4 }],
  }),
  post(422, "an unknown option", "table/score", { rows: ROWS, "naïve ☃": 1 }),
  post(422, "a rate of 2", "table/score", { rows: ROWS, falseAlarmRate: 2 }),
  post(422, "a rate finer than the calibration", "table/score", {
    rows: ROWS,
    falseAlarmRate: 1e-6,
  }),
  post(422, "more rows than allowed", "table/score", { rows: Array(301).fill([1, 2, 3]) }),
  post(422, "beyond float32", "plain/score", { rows: [[1e39, 0, 0]] }),
  post(422, "a score that is not finite", "plain/score", { rows: [[3e38, 3e38, 3e38]] }),
  post(422, "no bit", "bits/score", { rows: [[0, 1, 2, 0]] }),
  post(422, "no count", "counts/score", { rows: [[-1, 0]] }),
  post(422, "half a count", "counts/score", { rows: [[0.5, 0]] }),
  post(422, "a count that is none", "table/sample", { count: 1.5 }),
  post(422, "a seed beyond 2^53", "table/sample", { count: 1, seed: 1e17 }),
  post(422, "options for a verb without", "table/encode", { rows: ROWS, samples: 3 }),
  post(422, "a rate for a bare VAE", "plain/score", { rows: [[1, 2, 3]], falseAlarmRate: 0.1 }),
  text(400, "no JSON", "{"),
  text(400, "an empty body", ""),
  text(400, "NaN", '{"rows":[[NaN,1,2]]}'),
  text(400, "two values", '{"rows":[[1,2,3]]} {}'),
  text(400, "not UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)),
  text(422, "a number of 400 digits", `{"rows":[[1e999,${"9".repeat(400)},0]]}`),
  text(400, "nested deeply", `{"rows":${"[".repeat(2000)}${"]".repeat(2000)}}`),
  text(422, "a prototype", '{"__proto__":{"rows":1},"constructor":1,"rows":[[1,2,3]]}'),
  text(413, "too many bytes", " ".repeat(70_000)),
  text(415, "text", "1,2,3", { "content-type": "text/csv" }),
  text(415, "another charset", "{}", { "content-type": "application/json; charset=utf-16" }),
  text(415, "compressed", "{}", { "content-encoding": "gzip" }),
  text(422, "half a float", floats(1, 2, 3).subarray(0, 11), FLOATS),
  text(422, "half a row", floats(1, 2), FLOATS),
  text(200, "NaN among floats: a missing cell", floats(1, NaN, 3), FLOATS),
  text(
    422,
    "an option in query and body",
    '{"rows":[[1,2,3]]}',
    {},
    "table/score?falseAlarmRate=0.1",
  ),
  text(
    422,
    "an option twice",
    floats(1, 2, 3),
    FLOATS,
    "table/score?falseAlarmRate=0.1&falseAlarmRate=0.2",
  ),
  text(422, "an unknown option in the query", floats(1, 2, 3), FLOATS, "table/score?x=1"),
  text(404, "an unknown model", "{}", {}, "nobody/score"),
  text(404, "an unknown version", "{}", {}, "table/versions/2/score"),
  text(404, "an unknown verb", "{}", {}, "table/explode"),
  text(404, "a name that is none", "{}", {}, "%2e%2e%2fetc/score"),
  text(404, "a slash behind", "{}", {}, "table/score/"),
  ask(404, "nowhere", "GET", "/v1"),
  ask(404, "a name with a zero byte", "GET", "/v1/models/table%00"),
  ask(405, "another method", "PUT", "/v1/models/table/score", { body: "{}", headers: JSON_TYPE }),
  ask(405, "deleting what nobody may change", "DELETE", "/v1/models/table"),
  ask(405, "GET on a verb", "GET", "/v1/models/table/score"),
  ask(401, "no token", "GET", "/v1/models", { token: false }),
  ask(401, "another token", "GET", "/v1/models", { headers: { authorization: "Bearer x" } }),
  ask(401, "another scheme", "GET", "/v1/models", { headers: { authorization: "Basic eDp5" } }),
  ask(403, "a token for other things", "GET", "/v1/models", {
    headers: { authorization: `Bearer ${TRAIN_TOKEN}` },
  }),
  ask(422, "protocol: no tensor", "POST", "/v2/models/table/infer", {
    body: "{}",
    headers: JSON_TYPE,
  }),
  ask(422, "protocol: another shape", "POST", "/v2/models/table/infer", {
    headers: JSON_TYPE,
    body: JSON.stringify({
      inputs: [{ name: "x", shape: [1, 2], datatype: "FP64", data: [1, 2] }],
    }),
  }),
  ask(422, "protocol: fewer numbers than the shape", "POST", "/v2/models/table/infer", {
    headers: JSON_TYPE,
    body: JSON.stringify({
      inputs: [{ name: "x", shape: [1, 3], datatype: "FP64", data: [1, 2] }],
    }),
  }),
  binaryInfer(422, "protocol: fewer bytes than announced", 48),
  ask(404, "protocol: unknown model", "GET", "/v2/models/nobody"),
];

export const CORPUS: readonly Ask[] = [...READ, ...VERBS, ...BAD];
