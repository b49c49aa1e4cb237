/**
 * Rows with text, booleans, times and missing cells over HTTP. Oracle: the library's results for the same rows, bit for
 * bit; refusals name row and column.
 */
import assert from "node:assert/strict";
import { Ajv2020 } from "npm:ajv@8.20.0/dist/2020.js";
import { Detector, VAE } from "../../mod.ts";
import { createClient } from "../../src/http/mod.ts";
import { DOCUMENT } from "./openapi.ts";
import { ask, createApp, post, problemOf, TABLE } from "./util.ts";
import { overTheWire } from "../util/over_the_wire.ts";

const NAMES = ["load", "mode", "on", "at", "constructor"];
type Cell = number | string | boolean | null;
const ROWS: Cell[][] = Array.from({ length: 90 }, (_, r) => [
  (r % 3) * 4 + Math.sin(r),
  ["idle", "run", "wash, hot"][r % 3],
  r % 3 > 0,
  new Date(Date.UTC(2024, 0, 1 + r, (5 * r) % 24)).toISOString(),
  r % 11,
]);
const HOLED = ROWS.map((row, r) => row.map((cell, c) => (r + c) % 6 ? cell : null));
const FIT = { columns: NAMES, epochs: 3, hidden: [8], latent: 2, seed: 1 } as const;
/** The default detector, a single network of whole rows, and a network of rows with missing cells. */
const MODELS = {
  ensemble: await Detector.fit(ROWS, FIT),
  whole: await Detector.fit(ROWS, { ...FIT, preset: "small" }),
  holed: await Detector.fit(HOLED, { ...FIT, preset: "small" }),
  numbers: TABLE,
  vae: VAE.create({ inputs: 2, latent: [{ size: 1 }], missing: "mask" }, { seed: 1 }),
};
const APP = createApp({ models: MODELS });
const MIXED = ["ensemble", "whole", "holed"] as const;

/** Ordinary rows, rows with missing cells, unknown levels, numbers as times, and a row with no cell. */
const ASKED: Cell[][] = [
  ...ROWS.slice(0, 4),
  ...HOLED.slice(4, 12),
  [1, "__proto__", 7, 1704067200, 3],
  [1, " run ", "true", "2024-02-03", 3],
  NAMES.map(() => null),
];
const named = (row: readonly Cell[]) => Object.fromEntries(NAMES.map((name, c) => [name, row[c]]));
const lines = async (model: string, rows: readonly unknown[]) => {
  const response = await APP.request(`/v1/models/${model}/score`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: rows.map((row) => JSON.stringify(row)).join("\n"),
  });
  return (await response.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
};

Deno.test("scores of mixed rows are the library's: as lists, objects, single rows, JSON lines, and by the client", async () => {
  assert.deepEqual(MODELS.ensemble.schema.map(({ kind }) => kind).slice(0, 4), [
    "numeric",
    "categorical",
    "binary",
    "timestamp",
  ]);
  const client = createClient("http://localhost", {
    fetch: (url, init) => APP.request(url, init),
  });
  for (const name of MIXED) {
    assert.deepEqual((await client.model(name)).schema, MODELS[name].schema);
  }
  for (const model of MIXED) {
    const expected = overTheWire(await MODELS[model].score(ASKED));
    assert.deepEqual((await ask(`${model}/score`, { rows: ASKED }, APP)).rows, expected, model);
    assert.deepEqual((await ask(`${model}/score`, { rows: ASKED.map(named) }, APP)).rows, expected);
    assert.deepEqual(await lines(model, ASKED), expected);
    assert.deepEqual(await lines(model, ASKED.map(named)), expected);
    assert.deepEqual((await client.score(model, ASKED)).rows, expected);
    for (const [r, row] of ASKED.entries()) {
      const answer = await ask(`${model}/score`, { rows: [row] }, APP);
      assert.deepEqual((answer.rows as unknown[])[0], expected[r], `${model}, row ${r}`);
    }
  }
});

Deno.test("a detector of numbers, and a VAE with missing cells in its spec, take null for a missing cell", async () => {
  const rows = [[500, null, -3], [null, null, null], [500, 1, -3]];
  const expected = overTheWire(await TABLE.score(rows));
  assert.deepEqual((await ask("numbers/score", { rows }, APP)).rows, expected);
  const floats = await APP.request("/v1/models/numbers/score", {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: new Float32Array(rows.flat().map((cell) => cell ?? NaN)),
  });
  assert.deepEqual(
    (await floats.json()).rows,
    JSON.parse(JSON.stringify(
      await TABLE.score(
        rows.map((row) => row.map((cell) => cell === null ? null : Math.fround(cell))),
      ),
    )),
  );
  const pair = [[0.5, null], [null, 1]], holes = pair.map((row) => row.map((cell) => cell ?? NaN));
  const answer = await ask("vae/score", { rows: pair }, APP);
  assert.deepEqual(answer.rows, [...await MODELS.vae.score(holes)].map((score) => ({ score })));
  const densities = await ask("vae/log-likelihood", { rows: pair, samples: 20 }, APP);
  assert.deepEqual(
    densities.rows,
    [...await MODELS.vae.logLikelihood(holes, { samples: 20 })]
      .map((logLikelihood) => ({ logLikelihood })),
  );
});

Deno.test("thousandths of seconds are seconds in binary rows too, also beside numbers alone", async () => {
  const rows = Array.from({ length: 40 }, (_, r) => [1.7e9 + 40_000 * r, r * r % 7]);
  const schema = [{ name: "at", kind: "timestamp" }, { name: "x", kind: "numeric" }] as const;
  const timed = await Detector.fit(rows, {
    columns: ["at", "x"],
    schema,
    preset: "small",
    epochs: 1,
  });
  const app = createApp({ models: { timed } }), floats = Float32Array.of(1.7e12, 3);
  const response = await app.request("/v1/models/timed/score", {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: floats,
  });
  assert.deepEqual((await response.json()).rows, overTheWire(await timed.score([[...floats]])));
});

Deno.test("encode and reconstruct take mixed rows; texts and null come back", async () => {
  for (const model of MIXED) {
    const rows = model === "whole" ? ROWS.slice(0, 5) : ASKED;
    const { mean } = await MODELS[model].vae.encode(
      MODELS[model].standardize(rows),
    );
    const encoded = (await ask(`${model}/encode`, { rows }, APP)).rows as { mean: number[] }[];
    assert.deepEqual(encoded.flatMap((row) => row.mean), [...mean.data], model);
    const made = (await ask(`${model}/reconstruct`, { rows }, APP)).rows as Cell[][];
    const drawn = (await ask(`${model}/sample`, { count: 9 }, APP)).rows as Cell[][];
    for (const [load, mode, on, at, last] of [...made, ...drawn]) {
      assert.ok(Number.isFinite(load) && Number.isFinite(last), model);
      assert.ok(["idle", "run", "wash, hot", null].includes(mode as string), `${mode}`);
      assert.ok(["true", "false", null].includes(on as string), `${on}`);
      assert.equal(at, null);
    }
  }
});

Deno.test("a cell that a column cannot take is refused by row and column", async () => {
  const [good] = ROWS;
  const bad: [column: number, cell: string, message: RegExp][] = [
    [0, `"oops"`, /a finite number, got "oops"$/],
    [0, `"2,5"`, /a finite number, got "2,5"$/],
    [0, "[]", /a finite number, got \[\]$/],
    [0, "1e999", /a finite number, got Infinity$/],
    [0, "1e200", /magnitude at most/],
    [1, "[1]", /a text, a number, true, false or null/],
    [1, `{"toString": 1}`, /a text, a number, true, false or null/],
    [1, `{"__proto__": {"x": 1}}`, /a text, a number/],
    [2, "{}", /a text, a number/],
    [3, `"yesterday"`, /a time such as/],
    [3, "true", /a time such as/],
    [4, `"${"x".repeat(100_000)}"`, /a finite number, got .{60}$/],
  ];
  for (const [c, cell, message] of bad) {
    const cells = good.map((each, i) => i === c ? cell : JSON.stringify(each));
    const fields = cells.map((text, i) => `${JSON.stringify(NAMES[i])}:${text}`);
    for (const [row, key] of [[`[${cells}]`, c], [`{${fields}}`, NAMES[c]]] as const) {
      const body = `{"rows": [${JSON.stringify(good)}, ${row}]}`;
      const problem = await problemOf(await post("ensemble/score", body, APP), "invalid-body");
      assert.ok(problem.detail.startsWith(`Cannot read row 2, column "${NAMES[c]}": `));
      assert.match(problem.detail, message);
      assert.equal(problem.errors?.[0].pointer, `/rows/1/${key}`);
    }
  }
  const deep = `{"rows": [[1, ${"[".repeat(50)}${"]".repeat(50)}, true, null, 1]]}`;
  await problemOf(await post("ensemble/score", deep, APP), "malformed-json");
  const inherited = { load: 1, mode: "run", on: true, at: null };
  const lacking = await problemOf(await post("ensemble/score", { rows: [inherited] }, APP));
  assert.match(lacking.detail, /no column "constructor"/);
  const answers = await lines("ensemble", [good, [1, 2, 3, "?!", 5], named(good)]);
  assert.deepEqual(answers[2], answers[0]);
  assert.match(answers[1].detail, /^Cannot read row 2, column "at": expected a time/);
});

Deno.test("where a row must be whole, null and other forms of a missing cell are refused, also in binary tensors", async () => {
  for (const [path, c] of [["whole/encode", 1], ["ensemble/log-likelihood", 1]] as const) {
    for (const cell of [null, "NA", ""]) {
      const row = ROWS[0].map((each, i) => i === c ? cell : each);
      const { detail } = await problemOf(await post(path, { rows: [row] }, APP), "invalid-body");
      assert.match(
        detail,
        /row 1, column "mode": expected a value \(missing values are not allowed here\)/,
      );
    }
  }
  await problemOf(await post("vae/decode", { rows: [[null]] }, APP), "invalid-body");
  const tensor = (data: readonly unknown[], outputs?: readonly unknown[]) => ({
    inputs: [{ name: "x", shape: [1, 5], datatype: "FP64", data }],
    outputs,
  });
  const infer = (body: unknown) =>
    Promise.resolve(APP.request("/v2/models/ensemble/infer", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }));
  assert.equal((await infer(tensor([1, null, 1, 1, 1]))).status, 422);
  const { outputs } = await (await infer(tensor([1, 2, 1, 1704067200, 1]))).json();
  const [row] = await MODELS.ensemble.score([[1, 2, 1, 1704067200, 1]]);
  const found = new Map(
    outputs.map((each: { name: string; data: number[] }) => [each.name, each.data]),
  );
  assert.deepEqual(found.get("score"), [row.score]);
  assert.deepEqual(found.get("contributions"), Object.values(row.contributions));
});

Deno.test("the OpenAPI document allows exactly the kinds of cells that are accepted", async () => {
  const ajv = new Ajv2020({ strict: false });
  const paths = DOCUMENT.paths as Record<string, Record<string, Record<string, unknown>>>;
  const strange: unknown[] = [[1, [2], true, null, 1], [1, {}, true, null, 1]];
  for (const verb of ["score", "encode", "reconstruct", "decode"]) {
    const { requestBody } = paths[`/v1/models/{name}/${verb}`].post as {
      requestBody: { content: Record<string, { schema: object }> };
    };
    const { schema } = requestBody.content["application/json"];
    for (const row of [...ASKED, ...ASKED.map(named), ...strange]) {
      const allowed = verb !== "decode" && !strange.includes(row);
      assert.equal(
        ajv.validate(schema, { rows: [row] }),
        allowed,
        `${verb} ${JSON.stringify(row)}`,
      );
      const { status, body } = await post(`ensemble/${verb}`, { rows: [row] }, APP);
      await body?.cancel();
      assert.equal(status === 200, allowed, `${verb} ${JSON.stringify(row)}`);
    }
  }
});

Deno.test("a series model has scores alone, because its network takes windows", async () => {
  const rows = Array.from({ length: 60 }, (_, t) => [Math.sin(t), Math.cos(t)]);
  const series = await Detector.fit(rows, { window: 5, preset: "small", epochs: 1 });
  const app = createApp({ models: { series } });
  for (const verb of ["encode", "reconstruct", "log-likelihood", "sample"]) {
    const response = await post(`series/${verb}`, verb === "sample" ? { count: 1 } : { rows }, app);
    assert.equal(response.status, 422);
    assert.match((await response.json()).detail, /scores a series/);
  }
});
