/** Valid requests, damaged in path, method, headers, JSON value or bytes. */
import { HostRandom } from "../../src/core/random/philox.ts";
import { csvRequest } from "./csv_fuzzer.ts";
import { MODELS, ROWS } from "./util.ts";

/** A token with all scopes; most requests carry it. */
export const TOKEN = "fuzz";
export const FILES = Object.entries(MODELS).map(([name, model]) => [name, model.save()] as const);

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const SEEDS: readonly (readonly [path: string, body: Json])[] = [
  ["table/score", { rows: ROWS.slice(0, 3).map((row) => [...row]), falseAlarmRate: 0.2 }],
  ["table/score", { rows: [{ heat: 500, flow: 1, drift: -3 }] }],
  ["table/encode", { rows: [[500, 1, -3]] }],
  ["table/decode", { rows: [[0.5, -1]] }],
  ["table/sample", { count: 3, seed: 1, mean: true }],
  ["line/log-likelihood", { rows: [[1000], [900]], samples: 5, seed: 2 }],
  ["hostile/reconstruct", { rows: [[500, 1, -3]] }],
  ["plain/score", { rows: [[1, 2, 3]] }],
  ["plain/score", { rows: [[3e37, 2, 3], [1, 2, -3e37]] }],
  ["plain/reconstruct", { rows: [{ x0: 1, x1: 2, x2: 3 }] }],
  ["binary/log-likelihood", { rows: [[0, 1, 0, 1]] }],
  ["binary/sample", { count: 2 }],
];

const NAMED = ROWS.slice(0, 12).map(([heat, flow, drift], r) => ({
  heat,
  flow: r === 3 ? null : flow,
  drift,
  kind: ["a", "b"][r % 2],
  on: r % 3 === 0,
}));
const QUICK = { epochs: 3, hidden: [4], latent: 1, seed: 2 };
/** Options of training jobs. */
const TRAIN_SEEDS: readonly Json[] = [
  { rows: ROWS.slice(0, 12).map((row) => [...row]), ...QUICK },
  { rows: NAMED, ...QUICK, robust: 0.2, validation: 0.2, patience: 2 },
  { rows: ROWS.slice(0, 12).map((row) => [...row]), columns: ["a", "b", "c"], preset: "ensemble" },
  { rows: ROWS.slice(0, 12).map((row) => [...row]), epochs: 2, spec: { latent: [{ size: 1 }] } },
  { rows: ROWS.slice(0, 12).map((row) => [...row]), spec: { type: "ppca", latent: 1 } },
  { upload: "a.csv", label: "c", ...QUICK, likelihood: "gaussian" },
  { upload: "b.jsonl", ...QUICK, objective: { type: "iwae", samples: 3 } },
  { upload: "a.csv", falseAlarmRate: 0.1 },
];
const UPLOADS = ["a.csv", "b.jsonl", "c.npy", "d.npz", "e.parquet", "f.exe", "..%2Fa.csv", "x"];
const CSV = ["a,b,c", ...ROWS.slice(0, 12).map((row) => row.join())].join("\n");

const TENSOR = { name: "x", datatype: "FP64", shape: [1, 3], data: [500, 1, -3] };
const OIP_SEEDS: readonly Json[] = [
  { id: "7", inputs: [TENSOR] },
  { inputs: [{ ...TENSOR, datatype: "FP32", data: [[500, 1, -3]] }], outputs: [{ name: "score" }] },
  { parameters: { binary_data_output: true }, inputs: [TENSOR] },
];

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.5,
  1e-320,
  1e150,
  -1e150,
  1e151,
  3.4e38,
  -3.4e38,
  1e38,
  1e39,
  2 ** 53,
  2 ** 31,
];
const TEXTS = ["", "NaN", "Infinity", "1", "__proto__", "\u0000", "\ud800", "x".repeat(300)];
const KEYS = [
  "rows",
  "count",
  "seed",
  "mean",
  "samples",
  "falseAlarmRate",
  "__proto__",
  "toString",
];
const TOKENS = [
  "1e999",
  "-1e999",
  "NaN",
  "null",
  "[",
  "]",
  "{",
  "}",
  ",",
  '"',
  "\\",
  "\ufeff",
  "//",
];

export class Fuzzer {
  readonly #random: HostRandom;

  constructor(seed: number) {
    this.#random = new HostRandom(seed, 0, 77);
  }

  below(count: number): number {
    return this.#random.u32() % count;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  value(): Json {
    const list = () => Array.from({ length: this.below(5) }, () => this.pick(NUMBERS));
    return this.pick<() => Json>([
      () => this.pick(NUMBERS),
      () => this.pick(TEXTS),
      () => this.pick([null, true, false]),
      () => list(),
      () => [list(), list()],
      () => ({ [this.pick(KEYS)]: this.pick(NUMBERS) }),
    ])();
  }

  /** The value with one of its members replaced, doubled, removed or renamed. */
  damage(value: Json): Json {
    if (this.below(4) === 0 || value === null || typeof value !== "object") return this.value();
    if (Array.isArray(value)) {
      const at = this.below(value.length + 1), item = value[Math.min(at, value.length - 1)] ?? 0;
      const instead = this.pick([[], [item, item], [this.damage(item)], [this.damage(item)]]);
      return value.toSpliced(at, 1, ...instead);
    }
    const entries = Object.entries(value);
    const [key, item] = entries.splice(this.below(entries.length), 1)[0] ?? ["rows", []];
    const added = this.pick<[string, Json][]>([
      [],
      [[this.pick(KEYS), item]],
      [[key, this.damage(item)]],
      [[key, this.damage(item)], [this.pick(KEYS), this.value()]],
    ]);
    return Object.fromEntries([...entries, ...added]);
  }

  /** The text with some characters removed, doubled or replaced. */
  cut(text: string): string {
    const at = this.below(text.length + 1);
    return this.pick<() => string>([
      () => text.slice(0, at),
      () => text.slice(0, at) + this.pick(TOKENS) + text.slice(at),
      () => text.slice(0, at) + text.slice(at + 1 + this.below(3)),
      () => text.replace(/-?\d[\d.e+-]*/, this.pick(TOKENS)),
      () => text.slice(0, at).repeat(2) + text.slice(at),
      () => text + " ".repeat(this.below(25_000)),
    ])();
  }

  request(): [path: string, init: RequestInit] {
    const kind = this.below(14);
    if (kind >= 12) return csvRequest(this);
    if (kind < 5) return this.verb();
    if (kind < 6) return this.floats();
    if (kind < 7) return this.lines();
    if (kind < 9) return this.infer();
    return kind < 10 ? this.admin() : this.train();
  }

  /** Jobs, files to train on, and requests about them. */
  train(): [string, RequestInit] {
    const upload = this.pick(UPLOADS), headers = { "content-type": "application/json" };
    if (this.below(3) > 0) {
      let value = this.pick(TRAIN_SEEDS);
      for (let i = this.below(3); i > 0; i--) value = this.damage(value);
      const text = JSON.stringify(value), body = this.below(8) === 0 ? this.cut(text) : text;
      const path = `/v1/models/${this.pick(["made", "made", "table", "own", "%00"])}/${
        this.pick(["train", "train", "train", "score-jobs"])
      }`;
      if (this.below(6) > 0) return [path, { method: "POST", headers, body }];
      // A header can contain only printable characters.
      const key = this.pick(["k", "l", ...TEXTS]).replace(/[^\x20-\x7e]/g, "-");
      const keyed = { ...headers, "idempotency-key": key };
      return [path, { method: "POST", headers: keyed, body }];
    }
    const id = this.pick(["0".repeat(32), "f".repeat(31), "..", "%2e%2e", "x/y"]);
    return this.pick<[string, RequestInit]>([
      [`/v1/uploads/${upload}`, {
        method: "PUT",
        headers: { "content-type": this.pick(["text/csv", "application/octet-stream", "a/b"]) },
        body: this.below(2) === 0 ? this.cut(CSV) : this.bytes(900),
      }],
      [`/v1/uploads/${upload}`, { method: "DELETE" }],
      ["/v1/uploads", { method: "GET" }],
      [`/v1/jobs/${id}${this.pick(["", "/result", "/events"])}`, { method: "GET" }],
      [`/v1/jobs/${id}`, { method: "DELETE" }],
    ]);
  }

  bytes(size: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: this.below(size) }, () => this.below(256));
  }

  query(): string {
    const key = this.pick([...KEYS, "count"]),
      value = this.pick([...NUMBERS, ...TEXTS, "[1]", "true"]);
    return this.below(2) === 0 ? "" : `?${key}=${encodeURIComponent(String(value).toWellFormed())}`;
  }

  floats(): [string, RequestInit] {
    const numbers = Float32Array.from({ length: 3 * this.below(60) }, () => this.pick(NUMBERS));
    const body = this.below(3) > 0 ? numbers : this.bytes(50);
    const verb = this.pick(["score", "encode", "reconstruct", "log-likelihood", "sample"]);
    const accept = this.pick([
      "",
      "application/octet-stream",
      "*/*;q=x",
      "application/octet-stream;q=0.1",
    ]);
    const headers = { "content-type": "application/octet-stream", accept };
    return [`/v1/models/${this.pick(["table", "plain"])}/${verb}${this.query()}`, {
      method: "POST",
      headers,
      body,
    }];
  }

  lines(): [string, RequestInit] {
    const line = () => {
      const text = JSON.stringify(
        this.damage(this.pick<Json>([[500, 1, -3], { x0: 1, x1: 2, x2: 3 }])),
      );
      return this.below(6) === 0 ? this.cut(text) : text;
    };
    const body = Array.from({ length: this.below(8) }, line).join(
      this.pick(["\n", "\r\n", "\n\n", "\0\n"]),
    );
    const headers = { "content-type": "application/x-ndjson" };
    const path = `/v1/models/${this.pick(["table", "plain"])}/${
      this.pick(["score", "encode"])
    }${this.query()}`;
    return [path, { method: "POST", headers, body: this.below(9) === 0 ? this.bytes(99) : body }];
  }

  infer(): [string, RequestInit] {
    let value = this.pick(OIP_SEEDS);
    for (let i = this.below(3); i > 0; i--) value = this.damage(value);
    let body: BodyInit = JSON.stringify(value);
    if (this.below(6) === 0) body = this.cut(body);
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.below(3) === 0) {
      const length = this.pick([body.length, 0, -1, body.length + 1, "x", 1e99, body.length - 3]);
      headers["inference-header-content-length"] = `${length}`;
      body = new Uint8Array([...new TextEncoder().encode(body), ...this.bytes(40)]);
    }
    return [`/v2/models/${this.pick(["table", "plain", "line"])}/infer`, {
      method: "POST",
      headers,
      body,
    }];
  }

  /** Uploads, aliases and deletions; of two existing names, and some invalid ones. */
  admin(): [string, RequestInit] {
    const name = this.pick([
      "own",
      "other",
      "own",
      "%2e%2e%2fx",
      "a/b",
      "__proto__",
      "constructor",
    ]);
    const version = this.pick(["", "", "/versions/1", "/versions/0", "/versions/1e3"]);
    const auth = {
      authorization: this.pick([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`, "Bearer x", "x"]),
    };
    if (this.below(3) === 0) {
      return [`/v1/models/${name}${version}`, { method: "DELETE", headers: auth }];
    }
    if (this.below(2) === 0) {
      const target = this.damage({ model: this.pick(["own", "other", "table"]), version: 1 });
      const headers = { ...auth, "content-type": "application/json" };
      return [`/v1/aliases/${name}`, { method: "PUT", headers, body: JSON.stringify(target) }];
    }
    const file = this.pick(FILES)[1].slice();
    if (this.below(2) === 0) file[this.below(file.length)] ^= 1 << this.below(8);
    const body = this.below(4) === 0 ? file.slice(0, this.below(file.length)) : file;
    const match = this.pick<Record<string, string>>([{}, {}, { "if-match": '"x"' }, {
      "if-none-match": "*",
    }]);
    const headers = { ...auth, ...match, "content-type": "application/octet-stream" };
    return [`/v1/models/${name}`, { method: "PUT", headers, body }];
  }

  verb(): [path: string, init: RequestInit] {
    const [name, seed] = this.pick(SEEDS);
    const times = this.below(3);
    let value = seed, path = `/v1/models/${name}`, method = "POST";
    for (let i = 0; i < times; i++) value = this.damage(value);
    let body = JSON.stringify(value);
    if (this.below(5) === 0) body = this.cut(body);
    if (this.below(15) === 0) {
      path = path.replace(name, this.pick(["x/score", "%74able/score", "a%2Fb/encode"]));
    }
    if (this.below(12) === 0) path = path.replace(/[a-z]+$/, this.pick(["", "score", "x", "%00"]));
    if (this.below(12) === 0) path = path.replace("models/", this.pick(["models//", "models/../"]));
    if (this.below(20) === 0) method = this.pick(["GET", "PUT", "HEAD", "OPTIONS", "X"]);
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.below(15) === 0) {
      headers["content-type"] = this.pick(["text/csv", "", "a/b;charset=x"]);
    }
    if (this.below(15) === 0) headers["content-length"] = this.pick(["0", "1e9", "-5", "x"]);
    if (this.below(25) === 0) headers["content-encoding"] = "gzip";
    path += this.below(20) === 0 ? this.query() : "";
    return [path, method === "GET" || method === "HEAD" ? { method } : { method, headers, body }];
  }
}
