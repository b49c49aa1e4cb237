/**
 * The reference backend itself: it stays within its memory (the suite against itself), and its kernels agree with
 * identities and other closed forms. Both sides are float64.
 */
import assert from "node:assert/strict";
import { openReference as open } from "../../src/backends/reference/backend.ts";
import { FORWARD_KERNELS } from "../../src/backends/reference/kernels/forward.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { batched, fixed } from "../../src/core/shape.ts";
import {
  ACTIVATIONS,
  isTrainingOp,
  OP_NAMES,
  type OpName,
  TRAINING_OPS,
} from "../../src/ops/names.ts";
import { assertRelative } from "../util/close.ts";
import { openReference } from "../util/reference.ts";
import type { CaseGenerator } from "./case.ts";
import { CASES } from "./cases.ts";
import { runConformance } from "./conformance.ts";
import { evaluate, type Given, matrix } from "./evaluate.ts";
import { planCase } from "./harness.ts";

const openForward = () => open(FORWARD_KERNELS);

runConformance("reference", openReference);
runConformance("reference score", openForward, OP_NAMES.filter((op) => !isTrainingOp(op)));

for (const op of TRAINING_OPS) {
  Deno.test(`the reference backend for scoring refuses ${op}() when it is compiled`, () => {
    const backend = openForward();
    const [given] = (CASES[op] as unknown as CaseGenerator<OpName>)();
    const { plan, parameters, state } = planCase(op, given);
    const segments = {
      parameters: backend.allocate(parameters.length),
      state: backend.allocate(state.length),
    };
    assert.throws(() => backend.compile(plan, segments), {
      name: "RangeError",
      message: `Cannot run ${op}: training needs all kernels: these are those of scoring`,
    });
  });
}

/** A dozen float64 roundings of numbers no larger than the results or 1. */
const RELATIVE = 12 * 2 ** -53, ABSOLUTE = 12 * 2 ** -53;

function assertClose(actual: readonly number[], expected: readonly number[], what: string): void {
  assertRelative(actual, expected, RELATIVE, ABSOLUTE, what);
}

function integers(rows: number, cols: number, seed: number): Given {
  const random = new HostRandom(seed, 0, 0);
  const values = Array.from({ length: rows * cols }, () => random.below(201) - 100);
  return { shape: fixed(rows, cols), values };
}

function transposed({ shape: { rows, cols }, values }: Given): Given {
  const moved = Array.from(
    { length: rows * cols },
    (_, i) => values[(i % rows) * cols + Math.floor(i / rows)],
  );
  return { shape: fixed(cols, rows), values: moved };
}

Deno.test("matmul() of integers is exact, with each operand transposed or not", () => {
  const a = integers(3, 5, 1), b = integers(5, 4, 2);
  const want = Array.from({ length: 12 }, (_, i) => {
    let total = 0;
    for (let k = 0; k < 5; k++) {
      total += a.values[Math.floor(i / 4) * 5 + k] * b.values[k * 4 + i % 4];
    }
    return total;
  });
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      const operands = [transposeA ? transposed(a) : a, transposeB ? transposed(b) : b];
      const got = evaluate(operands, (g, x, y) => g.matmul(x, y, { transposeA, transposeB }));
      assert.deepEqual(got, want);
    }
  }
});

Deno.test("dense() is matmul(), add() and activation()", () => {
  const operands = [integers(3, 5, 1), integers(5, 4, 2), integers(1, 4, 3)];
  for (const kind of ACTIVATIONS) {
    const fused = evaluate(operands, (g, x, w, b) => g.dense(x, w, b, { activation: kind }));
    const composed = evaluate(
      operands,
      (g, x, w, b) =>
        g.activation(g.add(g.matmul(x, w, { transposeA: false, transposeB: false }), b), { kind }),
    );
    assert.deepEqual(fused, composed);
  }
});

Deno.test("activations equal their textbook forms", () => {
  const x = matrix([-3, -1.5, -0.25, 0, 0.25, 1.5, 3]);
  const forms: Record<typeof ACTIVATIONS[number], (x: number) => number> = {
    identity: (x) => x,
    relu: (x) => (x + Math.abs(x)) / 2,
    tanh: (x) => (Math.exp(x) - Math.exp(-x)) / (Math.exp(x) + Math.exp(-x)),
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    softplus: (x) => Math.log(1 + Math.exp(x)),
    elu: (x) => x > 0 ? x : Math.exp(x) - 1,
  };
  for (const kind of ACTIVATIONS) {
    assertClose(
      evaluate([x], (g, x) => g.activation(x, { kind })),
      x.values.map(forms[kind]),
      kind,
    );
  }
});

Deno.test("lessThan() is 1 if the difference is negative, and 0 for equal numbers and NaN", () => {
  const a = matrix([-1, 0, 0.5, 2, NaN, 1, -Infinity]);
  const b = matrix([0, 0, 0.25, 3, 1, NaN, Infinity]);
  assert.deepEqual(evaluate([a, b], (g, a, b) => g.lessThan(a, b)), [1, 0, 0, 1, 0, 0, 1]);
});

Deno.test("smallestCols() gives the places of the smallest: equal ones in order, NaN last", () => {
  const x = matrix([0.5, NaN, -0, 2, 0, -Infinity, NaN, Infinity]);
  const places = (count: number) => evaluate([x], (g, x) => g.smallestCols(x, { count }));
  assert.deepEqual(places(8), [5, 2, 4, 0, 3, 7, 1, 6]);
  assert.deepEqual(places(3), [5, 2, 4]);
  assert.throws(() => places(9), /Cannot build smallestCols: count must be 1 to 8, not 9/);
});

Deno.test("log() inverts exp(), div() inverts mul(), sub() inverts add()", () => {
  const x = matrix([-20, -1, 0, 0.3, 20]), y = matrix([3, -7, 0.1, 11, 1e-3]);
  assertClose(evaluate([x], (g, x) => g.log(g.exp(x))), x.values, "log exp");
  assertClose(evaluate([x, y], (g, x, y) => g.div(g.mul(x, y), y)), x.values, "div mul");
  // The sum is rounded at a magnitude of up to 31.
  assertRelative(evaluate([x, y], (g, x, y) => g.sub(g.add(x, y), y)), x.values, 0, 31 * 2 ** -53);
});

Deno.test("sums of ones give counts, and a mean of a broadcast gives its operand", () => {
  const ones: Given = { shape: batched(3, 2), values: new Array(24).fill(1) };
  assert.deepEqual(evaluate([ones], (g, x) => g.sumRows(x, { mean: false }), 4), [8, 8, 8]);
  assert.deepEqual(evaluate([ones], (g, x) => g.sumRows(x, { mean: true }), 4), [1, 1, 1]);
  assert.deepEqual(evaluate([ones], (g, x) => g.sumCols(x), 4), new Array(8).fill(3));
  assert.deepEqual(evaluate([ones], (g, x) => g.squaredNorm(x), 4), [24]);
  const row = matrix([1, 2, 3]);
  const target = { ...batched(3, 2), mean: true };
  assert.deepEqual(
    evaluate([row], (g, x) => g.sumRows(g.broadcast(x, target), { mean: false }), 4),
    [1, 2, 3],
  );
  const repeated = evaluate([matrix([1, 2], [3, 4])], (g, x) => g.repeatRows(x, { times: 2 }));
  assert.deepEqual(repeated, [1, 2, 1, 2, 3, 4, 3, 4]);
  const summed = evaluate(
    [matrix([1, 2], [3, 4], [5, 6], [7, 8])],
    (g, x) => g.sumGroups(x, { size: 2 }),
  );
  assert.deepEqual(summed, [4, 6, 12, 14]);
});

Deno.test("padding, slicing and joining columns gives the original columns", () => {
  const x = integers(3, 5, 4);
  const padded = evaluate([matrix([1, 2])], (g, x) => g.padCols(x, { before: 1, after: 2 }));
  assert.deepEqual(padded, [0, 1, 2, 0, 0]);
  const rejoined = evaluate(
    [x],
    (g, x) =>
      g.concatCols(g.sliceCols(x, { start: 0, count: 2 }), g.sliceCols(x, { start: 2, count: 3 })),
  );
  assert.deepEqual(rejoined, x.values);
});

Deno.test("softmax sums to one, and is the slope of log-sum-exp, which shifts with its argument", () => {
  const x = matrix([0.3, -2, 5, 1], [700, 710, -700, 705], [-1e4, -1e4, -1e4, -1e4]);
  const ones = evaluate([x], (g, x) => g.sumCols(g.softmaxCols(x)));
  assertClose(ones, [1, 1, 1], "softmax");
  const logs = evaluate([x], (g, x) => g.sub(x, g.logSumExpCols(x)));
  const softmax = evaluate([x], (g, x) => g.softmaxCols(x));
  // Both exponents are differences of numbers up to 1e4, each rounded.
  assertRelative(softmax, logs.map(Math.exp), 4e4 * 2 ** -53);
  const shift = (by: number) =>
    evaluate([x], (g, x) => g.logSumExpCols(g.affine(x, { scale: 1, offset: by })));
  assertRelative(shift(-64), shift(0).map((value) => value - 64), 0, 4e4 * 2 ** -53);
});

Deno.test("Gaussian operations equal their forms in σ", () => {
  const x = matrix([0.5, -1, 2, 0.1]), mean = matrix([0, 1, -1.5, 0.1]);
  const logVar = matrix([0, 1.2, -0.7, -3]), noise = matrix([1, -0.5, 0.2, 3]);
  const deviation = logVar.values.map((value) => Math.sqrt(Math.exp(value)));
  const distance = x.values.map((value, i) => (value - mean.values[i]) / deviation[i]);
  const all = [x, mean, logVar, noise];
  assertClose(
    evaluate(all, (g, _, mean, logVar, noise) => g.reparameterize(mean, logVar, noise)),
    mean.values.map((value, i) => value + deviation[i] * noise.values[i]),
    "reparameterize",
  );
  assertClose(
    evaluate(all, (g, x, mean, logVar) => g.gaussianLogProb(x, mean, logVar)),
    distance.map((z, i) =>
      Math.log(Math.exp(-z * z / 2) / (deviation[i] * Math.sqrt(2 * Math.PI)))
    ),
    "gaussianLogProb",
  );
  assertClose(
    evaluate(all, (g, _, mean, logVar) => g.gaussianKl(mean, logVar)),
    mean.values.map((m, i) => (m ** 2 + deviation[i] ** 2 - 1) / 2 - Math.log(deviation[i])),
    "gaussianKl",
  );
  assertClose(
    evaluate(all, (g, x, mean, logVar, dy) => g.gaussianLogProbGradMean(x, mean, logVar, dy)),
    distance.map((z, i) => noise.values[i] * z / deviation[i]),
    "gaussianLogProbGradMean",
  );
  assertClose(
    evaluate(all, (g, x, mean, logVar, dy) => g.gaussianLogProbGradLogVar(x, mean, logVar, dy)),
    distance.map((z, i) => noise.values[i] * (z - 1) * (z + 1) / 2),
    "gaussianLogProbGradLogVar",
  );
});

Deno.test("gaussianKl() is the mean of the log-density ratio", () => {
  // Simpson's rule over ±12 standard deviations of q; its error for such smooth functions is below 1e-12.
  const [mean, logVar] = [0.7, -0.9], deviation = Math.exp(logVar / 2), steps = 2000;
  const grid = Array.from(
    { length: steps + 1 },
    (_, i) => mean + deviation * (i / steps - 0.5) * 24,
  );
  const [q, p] = [[mean, logVar], [0, 0]].map(([m, l]) =>
    evaluate(
      [matrix(grid), matrix([m]), matrix([l])],
      (g, x, mean, logVar) => g.gaussianLogProb(x, mean, logVar),
    )
  );
  const simpson = (i: number) => (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) / 3;
  const integral = q.reduce((sum, log, i) => sum + simpson(i) * Math.exp(log) * (log - p[i]), 0) *
    (24 * deviation / steps);
  const kl = evaluate([matrix([mean]), matrix([logVar])], (g, m, l) => g.gaussianKl(m, l));
  assertRelative(kl, [integral], 1e-12);
});

Deno.test("Bernoulli operations equal their forms in p", () => {
  const x = matrix([0, 1, 0.3, 1]), logits = matrix([0.5, -2, 3, 0]), dy = matrix([1, -2, 0.5, 3]);
  const p = logits.values.map((logit) => 1 / (1 + Math.exp(-logit)));
  assertClose(
    evaluate([x, logits], (g, x, logits) => g.bernoulliLogProb(x, logits)),
    x.values.map((value, i) => value * Math.log(p[i]) + (1 - value) * Math.log(1 - p[i])),
    "bernoulliLogProb",
  );
  assertClose(
    evaluate([x, logits, dy], (g, x, logits, dy) => g.bernoulliLogProbGrad(x, logits, dy)),
    x.values.map((value, i) => dy.values[i] * (value - p[i])),
    "bernoulliLogProbGrad",
  );
});
