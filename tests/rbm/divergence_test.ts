/**
 * The gradient of contrastive divergence. Its expectation after k sweeps is known by enumeration: data pass through the
 * exact Gibbs kernel k times. The exact gradient of the likelihood is checked by finite differences of the library's
 * own exact likelihood.
 */
import assert from "node:assert/strict";
import { splitSeed } from "../../src/core/random/philox.ts";
import { batched, fixed } from "../../src/core/shape.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { rbmParameters } from "../../src/models/rbm.ts";
import { contrastiveDivergence } from "../../src/objectives/contrastive_divergence.ts";
import type { Node } from "../../src/ops/spec.ts";
import { Rbm } from "../../src/training/rbm/rbm.ts";
import { evaluator } from "../gradient/finite_difference.ts";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS, open } from "../util/executors.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";
import { distribution, empirical, flat, install, machine, slopes, swept } from "./oracle.ts";
import { rbmGradientPlan } from "./gradient_plan.ts";

const SPEC = { visible: 4, hidden: 3 };
/** Weights strong enough that one sweep is far from the model's distribution. */
const PARAMETERS = machine(SPEC.visible, SPEC.hidden, 4, 2);
const ROWS = [[1, 0, 0, 1], [0, 0, 1, 1], [1, 1, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0]];

/** d mean(-ln p) / dθ. */
function exactGradient(): number[] {
  return difference(
    slopes(PARAMETERS, empirical(ROWS)),
    slopes(PARAMETERS, distribution(PARAMETERS)),
  );
}

/** E[CD-k]: the model's distribution is replaced by that of k sweeps from the data. */
function expectedGradient(sweeps: number): number[] {
  let samples = empirical(ROWS);
  for (let k = 0; k < sweeps; k++) samples = swept(PARAMETERS, samples);
  return difference(slopes(PARAMETERS, empirical(ROWS)), slopes(PARAMETERS, samples));
}

function difference(a: Parameters<typeof flat>[0], b: Parameters<typeof flat>[0]): number[] {
  const other = flat(b);
  return flat(a).map((value, i) => value - other[i]);
}

const distance = (a: readonly number[], b: readonly number[]) =>
  Math.hypot(...a.map((value, i) => value - b[i]));

Deno.test("the exact gradient matches differences of the exact likelihood", async () => {
  const rbm = Rbm.create(SPEC, { backend: "reference" });
  const mean = async (name: keyof typeof PARAMETERS, i: number, by: number) => {
    const data = PARAMETERS[name];
    install(rbm, { ...PARAMETERS, [name]: data.with(i, data[i] + by) });
    const logs = await rbm.logLikelihood(ROWS, { method: "exact" });
    return -logs.reduce((sum, value) => sum + value, 0) / ROWS.length;
  };
  const step = 6e-6, got: number[] = [];
  for (const name of ["weight", "visible.bias", "hidden.bias"] as const) {
    for (let i = 0; i < PARAMETERS[name].length; i++) {
      got.push((await mean(name, i, step) - await mean(name, i, -step)) / (2 * step));
    }
  }
  // Truncation and rounding are both about 1e-11 of numbers of order 1 to 10.
  assertRelative(got, exactGradient(), 1e-6, 1e-8);
  rbm.dispose();
});

Deno.test("the surrogate holds the samples fixed, even if they depend on parameters", () => {
  const g = createGraph();
  const theta = g.input("theta", fixed(1, 1)), x = g.input("x", batched(1));
  const energy = (v: Node) => g.mul(v, theta);
  // Samples θx: the gradient is mean x - mean θx, not mean x - 2 mean θx.
  const gap = contrastiveDivergence(g, energy, x, g.mul(x, theta));
  const [slope] = gradient(g, gap, [theta]);
  const values = evaluator(g, { gap, slope }, 3)({ theta: [5], x: [1, 2, 6] });
  assertRelative(values.slope, [3 - 15], 1e-15);
  assertRelative(values.gap, [15 - 75], 1e-15);
});

Deno.test("the bias of CD-k falls with k, to zero in the end", () => {
  const exact = exactGradient();
  const biases = [1, 2, 5, 10, 50].map((k) => distance(expectedGradient(k), exact));
  assert.ok(biases[0] > 0.05 * Math.hypot(...exact), `CD-1 is off by ${biases[0]}`);
  assert.ok(biases.every((bias, i) => i === 0 || bias < 0.9 * biases[i - 1]), `${biases}`);
  assert.ok(distance(expectedGradient(3000), exact) < 1e-6);
});

for (const executor of EXECUTORS) {
  Deno.test(`${executor.label}: CD-k has the expected gradient, by enumeration`, () => {
    const backend = open(executor);
    const parameters = layOut("parameters", rbmParameters(SPEC));
    const segment = backend.allocate(parameters.length);
    for (const [name, { offset }] of parameters.places) {
      segment.write(offset, PARAMETERS[name as keyof typeof PARAMETERS]);
    }
    const runs = executor.backend === "reference" ? 400 : 4000;
    for (const sweeps of [1, 3, 40]) {
      const objective = { type: "cd", sweeps } as const;
      const request = { spec: SPEC, objective, capacity: ROWS.length, parameters };
      const program = backend.compile(rbmGradientPlan(request), { parameters: segment });
      program.write("x", ROWS.flat());
      const draws = Array.from({ length: runs }, (_, run) => {
        program.write("key", [...splitSeed(11), run, 0]);
        program.run(ROWS.length);
        return [...parameters.places].flatMap(([name, { shape }]) => {
          const values = new Float64Array(shape.rows * shape.cols);
          program.read(name, values);
          return [...values];
        });
      });
      const want = sweeps === 40 ? exactGradient() : expectedGradient(sweeps);
      // After forty sweeps this bias remains, which is below the noise.
      const left = sweeps === 40 ? distance(expectedGradient(40), want) : 0;
      want.forEach((value, i) => {
        const { mean, standardError } = estimate(draws.map((draw) => draw[i]));
        const off = Math.abs(mean - value) - left;
        const limit = (sweeps === 40 ? 4 : STANDARD_ERRORS) * standardError;
        assert.ok(off <= limit, `CD-${sweeps} [${i}]: ${mean} ± ${standardError}, want ${value}`);
      });
      program.dispose();
    }
    backend.dispose();
  });
}
