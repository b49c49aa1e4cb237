/** Every verb against the library's results, for both forms of rows. */
import assert from "node:assert/strict";
import { discover } from "../../src/scoring/decisions/false_discovery.ts";
import { assertRelative } from "../util/close.ts";
import {
  ask,
  BINARY,
  COLUMNS,
  type Fields,
  HOSTILE,
  LINE,
  lists,
  PLAIN,
  post,
  problemOf,
  ROWS,
  TABLE,
} from "./util.ts";
import { cellsOf } from "../util/data.ts";
import { overTheWire } from "../util/over_the_wire.ts";

const SOME = ROWS.slice(0, 7);
const NAMED = SOME.map((row) => Object.fromEntries(row.map((value, c) => [COLUMNS[c], value])));
/** Rows for the bare VAE: numbers that are exact in float32. */
const EXACT = [[0.5, -1, 2], [0.25, 3, -0.125]];

/** Converts the VAE's numbers to the units of the table: x = s · scale + centre. */
function inUnits(rows: number[][]): number[][] {
  const { centre, scale } = TABLE.standardization;
  return rows.map((row) => row.map((value, c) => value * scale[c] + centre[c]));
}

Deno.test("score answers as Detector.score() does, for both forms of rows", async () => {
  const expected = {
    model: "table",
    falseAlarmRate: TABLE.falseAlarmRate,
    threshold: TABLE.threshold,
    rows: overTheWire(await TABLE.score(SOME)),
  };
  assert.deepEqual(await ask("table/score", { rows: SOME }), expected);
  assert.deepEqual(await ask("table/score", { rows: NAMED }), expected);
  const reversed = NAMED.map((row) => Object.fromEntries(Object.entries(row).reverse()));
  assert.deepEqual(await ask("table/score", { rows: [SOME[0], ...reversed.slice(1)] }), expected);
});

Deno.test("a request of score may state a false-alarm rate, which does not change the model's", async () => {
  const { falseAlarmRate, threshold } = TABLE;
  const pValues = (await TABLE.score(ROWS)).map((verdict) => verdict.pValue);
  for (const rate of [0.05, 0.25, 0.5, 0.9]) {
    const answer = await ask("table/score", { rows: ROWS, falseAlarmRate: rate });
    const verdicts = answer.rows as { score: number; pValue: number; anomaly: boolean }[];
    assert.equal(answer.falseAlarmRate, rate);
    assert.deepEqual(verdicts.map((verdict) => verdict.pValue), pValues);
    assert.deepEqual(verdicts.map((verdict) => verdict.anomaly), pValues.map((p) => p <= rate));
    for (const { score, anomaly } of verdicts) {
      assert.equal(anomaly, score > (answer.threshold as number));
    }
  }
  assert.deepEqual([TABLE.falseAlarmRate, TABLE.threshold], [falseAlarmRate, threshold]);
});

Deno.test("score of a bare VAE answers as VAE.score() does", async () => {
  const scores = [...await PLAIN.score(EXACT)];
  const expected = { model: "plain", rows: scores.map((score) => ({ score })) };
  assert.deepEqual(await ask("plain/score", { rows: EXACT }), expected);
  const named = EXACT.map(([x0, x1, x2]) => ({ x0, x1, x2 }));
  assert.deepEqual(await ask("plain/score", { rows: named }), expected);
});

Deno.test("score of a bare VAE takes a method; a detector refuses it with the reason", async () => {
  const rows = [[1, 2, 3], [0.5, -1, 4]];
  for (const method of ["elbo", "reconstruction", "kl"] as const) {
    for (const some of [rows, rows.slice(1)]) {
      const answer = await ask("plain/score", { rows: some, method });
      const want = await PLAIN.score(some, { method });
      assert.deepEqual(answer.rows, Array.from(want, (score) => ({ score })), method);
    }
  }
  const { errors } = await problemOf(
    await post("table/score", { rows: [[500, 1, -3]], method: "kl" }),
    "invalid-body",
  );
  assert.equal(errors?.[0].pointer, "/method");
  await problemOf(await post("plain/score", { rows, method: "entropy" }), "invalid-body");
});

Deno.test("encode answers with the posterior of the row in the units of the VAE", async () => {
  for (const rows of [SOME, NAMED]) {
    const { mean, logVar } = await TABLE.vae.encode(TABLE.standardize(SOME));
    const logVars = lists(logVar);
    assert.deepEqual(await ask("table/encode", { rows }), {
      model: "table",
      rows: lists(mean).map((each, r) => ({ mean: each, logVar: logVars[r] })),
    });
  }
  const { mean, logVar } = await PLAIN.encode(EXACT);
  assert.deepEqual(await ask("plain/encode", { rows: EXACT }), {
    model: "plain",
    rows: lists(mean).map((each, r) => ({ mean: each, logVar: lists(logVar)[r] })),
  });
});

Deno.test("reconstruct answers in the units of the table", async () => {
  const made = await TABLE.vae.reconstruct(TABLE.standardize(SOME));
  const expected = { model: "table", columns: COLUMNS, rows: inUnits(lists(made)) };
  assert.deepEqual(await ask("table/reconstruct", { rows: SOME }), expected);
  assert.deepEqual(await ask("table/reconstruct", { rows: NAMED }), expected);
  assert.deepEqual(await ask("plain/reconstruct", { rows: EXACT }), {
    model: "plain",
    columns: ["x0", "x1", "x2"],
    rows: lists(await PLAIN.reconstruct(EXACT)),
  });
});

Deno.test("decode of the encoded mean is the reconstruction", async () => {
  const encoded = await ask("table/encode", { rows: SOME });
  const z = (encoded.rows as { mean: number[] }[]).map((row) => row.mean);
  const reconstructed = await ask("table/reconstruct", { rows: SOME });
  assert.deepEqual(await ask("table/decode", { rows: z }), reconstructed);
  const named = z.map(([z0, z1]) => ({ z1, z0 }));
  assert.deepEqual(await ask("table/decode", { rows: named }), reconstructed);
});

Deno.test("sample answers as VAE.sample() does, in the units of the table", async () => {
  for (const options of [{}, { seed: 9 }, { seed: 9, mean: true }]) {
    const drawn = lists(await TABLE.vae.sample(5, options));
    assert.deepEqual(await ask("table/sample", { count: 5, ...options }), {
      model: "table",
      columns: COLUMNS,
      rows: inUnits(drawn),
    });
  }
  const { rows } = await ask("binary/sample", { count: 300, seed: 2 });
  assert.deepEqual(rows, lists(await BINARY.sample(300, { seed: 2 })));
  assert.ok((rows as number[][]).flat().every((value) => value === 0 || value === 1));
});

Deno.test("log-likelihood of a bare VAE answers as VAE.logLikelihood() does", async () => {
  for (const options of [{ samples: 100 }, { samples: 7, seed: 3 }]) {
    const nats = [...await PLAIN.logLikelihood(EXACT, options)];
    assert.deepEqual(await ask("plain/log-likelihood", { rows: EXACT, ...options }), {
      model: "plain",
      samples: options.samples,
      rows: nats.map((logLikelihood) => ({ logLikelihood })),
    });
  }
});

Deno.test("log-likelihood of a table is a density in the table's units: it integrates to 1", async () => {
  // ∫ p(x) dx over ±12 standard deviations by the trapezoidal rule, whose error for a smooth density with steps of σ/40
  // is negligible. Importance sampling is unbiased, so only its noise over 961 points with independent draws remains:
  // below 1 %.
  const [centre, scale] = [LINE.standardization.centre[0], LINE.standardization.scale[0]];
  const step = scale / 40;
  const grid = Array.from({ length: 961 }, (_, i) => [centre + (i - 480) * step]);
  const answer = await ask("line/log-likelihood", { rows: grid, samples: 200 });
  const densities = (answer.rows as { logLikelihood: number }[]).map((row) => row.logLikelihood);
  assertRelative(densities.reduce((sum, nats) => sum + Math.exp(nats) * step, 0), 1, 0.02);
});

Deno.test("columns may bear the names of an object's own members", async () => {
  const [[a, b, c]] = ROWS;
  const body = `{"rows": [{"constructor": ${b}, "__proto__": ${a}, "a/b~": ${c}}]}`;
  const answer = await ask("hostile/score", body);
  assert.deepEqual(answer, await ask("hostile/score", { rows: [[a, b, c]] }));
  const [{ contributions, score }] = answer.rows as [{ contributions: Fields; score: number }];
  assert.deepEqual(Object.keys(contributions), ["__proto__", "constructor", "a/b~"]);
  const sum = Object.values(contributions).reduce<number>((total, each) => total + Number(each), 0);
  assertRelative(sum, score, 1e-9);
  assert.deepEqual((await ask("hostile/sample", { count: 1 })).columns, HOSTILE.columns);
});

Deno.test("score with fdr flags over the whole request, in however many parts it is computed", async () => {
  const rows = Array.from({ length: 40 }, () => ROWS).flat().slice(0, 300)
    .map((row, r) => r % 3 === 0 ? row.map((value) => value + 50) : row);
  const { pValues } = TABLE.scoreCells(cellsOf(rows));
  const { limit, count } = discover(pValues, 0.2);
  assert.ok(count >= 100);
  const answer = await ask("table/score", { rows, fdr: 0.2 }) as Fields & {
    rows: { anomaly: boolean }[];
  };
  assert.deepEqual([answer.fdr, answer.falseAlarmRate, answer.threshold], [
    0.2,
    undefined,
    undefined,
  ]);
  const flags = answer.rows.map(({ anomaly }) => anomaly);
  assert.deepEqual(flags, Array.from(pValues, (p) => p <= limit));
});
