/**
 * Exported graphs of detectors take rows of their tables: columns of all types, missing cells, windows of a series, and
 * cells that are impossible for their column. Oracle: the detector on the float64 reference backend.
 */
import assert from "node:assert/strict";
import { type DetectorOptions, TableScorer } from "../../mod.ts";
import { Detector } from "../../mod.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { exportModel } from "../../src/exports/mod.ts";
import type { Cells } from "../../src/scoring/table/cells.ts";
import type { CellValue } from "../../src/scoring/table/table_rows.ts";
import { toCells } from "../../src/scoring/table/table_rows.ts";
import { windowsOf } from "../../src/scoring/series/windows.ts";
import { assertRelative } from "../util/close.ts";
import { NODE, runOnnx, runTfjs, type Tensors, WEB } from "./runtimes.ts";

/** Some eighty float32 operations, 2^-24 each, on sums of up to a dozen terms. */
const TOLERANCE = 80 * 12 * 2 ** -24;

/** Cells are float32 before they are standardised: 2^-24 of some standard deviations, times slopes. */
const FLOAT_CELLS = 2e-4;

type Variant = Partial<DetectorOptions> & { readonly times?: boolean; readonly tfjs?: boolean };

const ENSEMBLE = { preset: "ensemble", members: 2, epochs: 3, hidden: [6], latent: 2 } as const;

type Row = Record<string, CellValue>;

const random = new HostRandom(5, 0, 1);

/** A row with columns of all types except times; cells are float32 numbers. */
function row(): Row {
  const z = normal(random), other = normal(random);
  return {
    amount: Math.fround(Math.exp(2 * z + 0.3 * other + 2)),
    level: Math.fround(3 * z + other),
    visits: Math.floor(Math.exp(1 + 0.5 * z)),
    colour: z > 1 ? "red" : other > 0 ? "blue" : "green",
    on: other > z,
  };
}

const ROWS = Array.from({ length: 400 }, row);

/** Rows with impossible, extreme and unknown cells; with missing cells too if `gaps`. */
function oddRows(gaps: boolean): Row[] {
  const odd = [
    ...[{ amount: 0 }, { amount: -5 }, { amount: 1e-30 }, { amount: 3e30 }, { visits: -3 }],
    ...[{ visits: 2.5 }, { colour: "violet" }, { on: "perhaps" }, { level: 1e9 }],
  ];
  const lacking = gaps
    ? [{ amount: null }, { colour: null }, { visits: null, on: null, level: null }]
    : [];
  return [...odd, ...lacking].map((each) => ({ ...row(), ...each }));
}

/** A detector as fitted, and on the reference backend. */
async function fitted(rows: Row[], more: Partial<DetectorOptions> = {}) {
  const options = { preset: "small", epochs: 4, hidden: [6], latent: 2, seed: 1, ...more } as const;
  using stack = new DisposableStack();
  const detector = stack.adopt(await Detector.fit(rows, options), (each) => each.dispose());
  return await TableScorer.load(detector.save(), { backend: "reference" });
}

/** The expected output of each graph, for cells as `toCells` makes them. */
async function expected(scorer: TableScorer, rows: Row[]): Promise<Want> {
  const cells = toCells(rows, scorer.schema), cols = scorer.columns.length;
  const { mean, logVar } = await scorer.vae.encode(scorer.standardize(rows));
  const made = scorer.fromVae(await scorer.vae.decode(mean)).data;
  const matrix = ({ data, shape }: typeof mean) => ({ data, cols: shape[1] });
  const input = { rows: { data: cells.data, cols } };
  return {
    ...verdicts(scorer, cells),
    encoder: [input, { mean: matrix(mean), logVar: matrix(logVar) }],
    decoder: [{ z: matrix(mean) }, { rows: { data: made, cols } }],
  };
}

function requireOutputs(got: Tensors, want: Tensors, tolerance: number, what: string): void {
  for (const [name, { data, cols }] of Object.entries(want)) {
    assert.equal(got[name].cols, cols, `${what}: ${name}`);
    const made = [...got[name].data], wanted = [...data];
    assert.deepEqual(made.map(Number.isNaN), wanted.map(Number.isNaN), `${what}: ${name}`);
    // Contributions of opposite signs are differences of much larger numbers, so the tolerance is relative to the row's
    // largest.
    const sizes = wanted.map((_, i) => {
      const own = wanted.slice(i - i % cols, i - i % cols + cols);
      return Math.max(1, ...own.map((each) => Math.abs(each) || 0));
    });
    const relative = (values: number[]) => values.map((each, i) => (each || 0) / sizes[i]);
    assertRelative(relative(made), relative(wanted), tolerance, tolerance, `${what}: ${name}`);
  }
}

/** Scores and contributions of rows. */
function verdicts(scorer: TableScorer, cells: Cells): Want {
  const { scores, contributions } = scorer.scoreCells(cells), cols = scorer.columns.length;
  return {
    score: [{ rows: { data: cells.data, cols } }, {
      score: { data: scores, cols: 1 },
      contributions: { data: contributions, cols },
    }],
  };
}

/** Scores of windows, as a stream gives them. */
function windowScores(scorer: TableScorer, { data, rows }: Cells): Want {
  const window = scorer.window!, width = scorer.columns.length, count = rows - window + 1;
  const stream = scorer.stream();
  const scores = Array.from({ length: rows }, (_, r) => {
    return stream.push(data.subarray(r * width, (r + 1) * width))?.score;
  });
  const windows = windowsOf({ data }, width, window, 0, count).data;
  return {
    score: [{ rows: { data: windows, cols: width * window } }, {
      score: { data: Float64Array.from(scores.slice(window - 1), Number), cols: 1 },
    }],
  };
}

type Want = Readonly<Record<string, readonly [Tensors, Tensors]>>;

async function requireOnnx(scorer: TableScorer, want: Want): Promise<void> {
  const plain = exportModel(scorer, { format: "onnx" });
  const portable = exportModel(scorer, { format: "onnx", portableOps: true });
  for (const [name, [inputs, outputs]] of Object.entries(want)) {
    const file = `${name}.onnx`;
    assert.doesNotMatch(new TextDecoder("latin1").decode(portable.get(file)), /Gemm|TopK/);
    for (
      const [what, runtime, files] of [["web", WEB, plain], ["node", NODE, plain], [
        "portable",
        WEB,
        portable,
      ]] as const
    ) {
      const got = await runOnnx(runtime, files.get(file)!, inputs);
      requireOutputs(got, outputs, TOLERANCE, `${what} ${name}`);
    }
  }
}

async function requireTfjs(scorer: TableScorer, want: Want): Promise<void> {
  const files = exportModel(scorer, { format: "tfjs" });
  for (const [name, [inputs, outputs]] of Object.entries(want)) {
    requireOutputs(await runTfjs(files, name, inputs), outputs, FLOAT_CELLS, `tfjs ${name}`);
  }
}

for (const gaps of [false, true]) {
  Deno.test(`a detector's graphs give its scores, contributions and rows${gaps ? ", also with missing cells" : ""}`, async () => {
    const rows = ROWS.map((each, r) =>
      gaps && r % 5 === 0
        ? { ...each, amount: null, colour: r % 10 === 0 ? null : each.colour }
        : each
    );
    const scorer = await fitted(rows);
    assert.deepEqual(scorer.schema.map(({ kind }) => kind), [
      ...["positive", "numeric", "count", "categorical", "binary"],
    ]);
    const want = await expected(scorer, [...rows.slice(0, 20), ...oddRows(gaps)]);
    await requireOnnx(scorer, want);
    await requireTfjs(scorer, want);
    scorer.dispose();
  });
}

Deno.test("a graph decodes each categorical column to its own levels, however many the columns before it have", async () => {
  const rows = ROWS.map((each) => ({
    ...{ colour: each.colour, level: each.level },
    // Most rows have the last of its levels, so that the network decodes to it.
    place: Number(each.level) > 4 ? "abcd"[Math.floor(5 * Number(each.level)) % 4] : "e",
  }));
  const scorer = await fitted(rows);
  assert.deepEqual(scorer.schema.map(({ levels }) => levels?.length), [3, undefined, 5]);
  const want = await expected(scorer, rows.slice(0, 60));
  const { data, cols } = want.decoder[1].rows;
  assert.ok(
    data.some((code, i) => i % cols === 2 && code > 3),
    "no row is decoded to the last level",
  );
  await requireOnnx(scorer, want);
  await requireTfjs(scorer, want);
  scorer.dispose();
});

Deno.test("in a graph, the score of a row with a missing cell that the detector would fill in is NaN", async () => {
  const [first] = ROWS;
  for (const preset of [{}, ENSEMBLE]) {
    const scorer = await fitted(ROWS, preset);
    const { data } = toCells([first, { ...first, level: null }], scorer.schema);
    const inputs = { rows: { data, cols: 5 } };
    const onnx = exportModel(scorer, { format: "onnx" }).get("score.onnx")!;
    const tfjs = exportModel(scorer, { format: "tfjs" });
    const got = [
      ...[await runOnnx(WEB, onnx, inputs), await runOnnx(NODE, onnx, inputs)],
      await runTfjs(tfjs, "score", inputs),
    ];
    for (const { score } of got) {
      assert.deepEqual(Array.from(score.data, Number.isNaN), [false, true]);
    }
    scorer.dispose();
  }
});

Deno.test("ONNX takes times and large values as float64; TensorFlow.js refuses times", async () => {
  const rows = ROWS.map((each, r) => ({
    time: new Date(1.7e12 + 3.7e6 * r),
    near: 1e6 + 1e-3 * Number(each.level),
    small: 1e-3 * Number(each.level),
  }));
  const scorer = await fitted(rows);
  assert.equal(scorer.schema[0].kind, "timestamp");
  await requireOnnx(scorer, await expected(scorer, rows.slice(0, 40)));
  assert.throws(
    () => exportModel(scorer, { format: "tfjs" }),
    /Cannot export column "time": TensorFlow.js has only float32/,
  );
  scorer.dispose();
});

Deno.test("the graphs of a series take windows, and give their scores", async () => {
  const steps = ROWS.map(({ amount, level }) => ({ amount, level }));
  for (const preset of ["linear", "small"] as const) {
    const options = preset === "linear" ? { hidden: undefined, epochs: undefined } : {};
    const scorer = await fitted(steps, { ...options, preset, window: 4 });
    const want = windowScores(scorer, toCells(steps.slice(0, 12), scorer.schema));
    await requireOnnx(scorer, want);
    await requireTfjs(scorer, want);
    const about = JSON.parse(
      new TextDecoder().decode(exportModel(scorer, { format: "onnx" }).get("table.json")),
    );
    assert.deepEqual(about.columns[0].name, "amount@-3");
    scorer.dispose();
  }
});

for (
  const [what, { times, tfjs, ...more }] of [
    ["with times", { times: true }],
    ["of two statistics", { statistics: ["kl", "norm"] }],
    ["in float32 as well", { tfjs: true }],
    ["in windows", { window: 2 }],
  ] as readonly (readonly [string, Variant])[]
) {
  Deno.test(`the graph of an ensemble gives its scores and contributions: ${what}`, async () => {
    const time = (r: number) => times ? { time: new Date(1.7e12 + 3.7e6 * r) } : {};
    const rows = ROWS.map((each, r) => ({ ...each, ...time(r) }));
    const scorer = await fitted(rows, { ...ENSEMBLE, ...more });
    const odd = oddRows(false).map((each) => ({ ...each, ...time(7) }));
    const steps = toCells([...rows.slice(0, 200), ...odd], scorer.schema);
    const want = scorer.window ? windowScores(scorer, steps) : verdicts(scorer, steps);
    await requireOnnx(scorer, want);
    // Residuals of extreme cells are differences, for which float32 cells have too few digits.
    if (tfjs) await requireTfjs(scorer, want);
    scorer.dispose();
  });
}

Deno.test("table.json describes the rows, and the score above which one is flagged", async () => {
  const scorer = await fitted(ROWS);
  const files = exportModel(scorer, { format: "onnx" });
  const about = JSON.parse(new TextDecoder().decode(files.get("table.json")));
  assert.deepEqual(about.columns[3], {
    name: "colour",
    kind: "categorical",
    levels: scorer.schema[3].levels,
  });
  const { scores } = scorer.scoreCells(toCells(ROWS, scorer.schema));
  const verdicts = await scorer.score(ROWS);
  assert.ok(verdicts.some(({ anomaly }) => anomaly));
  verdicts.forEach(({ anomaly }, r) => assert.equal(anomaly, scores[r] > about.threshold));
  assert.equal(about.missing, false);
  scorer.dispose();
  const many = await Detector.fit(ROWS, { epochs: 1, members: 1, seed: 1 });
  assert.throws(
    () => exportModel(many, { format: "npz" }),
    /Cannot export detector as npz: it must hold one network/,
  );
  many.dispose();
});
