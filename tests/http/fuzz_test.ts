/**
 * Seeded fuzz: requests that were right once, then damaged in path, method, headers, JSON value or
 * bytes. Whatever comes, the answer is no 5xx, every error is a problem, every number is finite, and
 * the models stay as they were.
 */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/philox.ts";
import { createApp, HOSTILE, LINE, MODELS, problemOf, ROWS, TABLE } from "./util.ts";

const REQUESTS = 2000;
const APP = createApp({ models: MODELS, maxRows: 50, maxBodyBytes: 20_000 });

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

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

class Fuzzer {
  readonly #random = new HostRandom(20, 0, 77);

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

  /** The value with one of its places replaced, doubled, dropped or renamed. */
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

  /** The text with some characters cut, doubled or replaced. */
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
    return [path, method === "GET" || method === "HEAD" ? { method } : { method, headers, body }];
  }
}

/** JSON makes null of a number that is not finite, and no answer holds null otherwise. */
function requireNoNull(value: Json, text: string): void {
  assert.notEqual(value, null, text);
  if (typeof value !== "object") return;
  for (const each of Object.values(value as object)) requireNoNull(each, text);
}

Deno.test(`${REQUESTS} damaged requests: no 5xx, problems only, finite numbers only`, async () => {
  const before = [TABLE, LINE, HOSTILE].map((model) => model.save());
  const members = Object.getOwnPropertyNames(Object.prototype);
  const fuzzer = new Fuzzer(), seen = new Map<string, number>();
  for (let i = 0; i < REQUESTS; i++) {
    const [path, init] = fuzzer.request();
    const response = await APP.request(path, init), { status } = response;
    const text = `${i}: ${init.method} ${path} ${String(init.body).slice(0, 200)}`;
    assert.ok(status < 500, text);
    if (init.method === "HEAD") continue;
    const kind = status === 200 ? "answer" : (await problemOf(response.clone())).type;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    if (status === 200) requireNoNull(await response.json(), text);
    else assert.doesNotMatch(await response.text(), /\.ts:|file:|node:/);
  }
  const counts = JSON.stringify([...seen]);
  assert.equal(
    seen.size,
    9,
    `an answer and each problem but two failures of the server: ${counts}`,
  );
  assert.ok(seen.get("answer")! > REQUESTS / 10, counts);
  assert.deepEqual([TABLE, LINE, HOSTILE].map((model) => model.save()), before);
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), members);
});
