/**
 * Draws of categorical variables, step by step. Oracles: the moments of the Gumbel distribution, the probabilities, the
 * logistic form of two classes, and float64 arithmetic in the test.
 */
import assert from "node:assert/strict";
import { batched } from "../../src/core/shape.ts";
import { STREAMS } from "../../src/core/random/streams.ts";
import { splitSeed } from "../../src/core/random/philox.ts";
import {
  gumbel,
  oneHotOfLargest,
  uniformCategoricals,
} from "../../src/distributions/categorical.ts";
import {
  categoricalPosterior,
  type Relaxation,
} from "../../src/distributions/categorical_posterior.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { drawnNoise, givenNoise, type NoiseSource, noNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import type { Node } from "../../src/ops/spec.ts";
import { assertRelative, assertUlp } from "../util/close.ts";
import { type Executor, EXECUTORS } from "../util/executors.ts";
import { runGraph } from "../util/probe.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";

const SHAPE = { variables: 2, classes: 3 }, SIZE = 6;
const LOGITS = [1, -0.5, 0.25, 0, 2, -1.5];
const SHARES = [0, 3].flatMap((first) => {
  const weights = LOGITS.slice(first, first + 3).map(Math.exp);
  return weights.map((weight) => weight / weights.reduce((a, b) => a + b));
});

interface Case {
  readonly relaxation: Relaxation;
  readonly temperature?: number;
  readonly training?: boolean;
  readonly noise?: NoiseSource;
}

/** A posterior whose logits are the input `logits`: its only layer is the identity. */
function posteriorOf(
  g: Graph,
  { relaxation, temperature = 1, training = true, noise = givenNoise }: Case,
  shape = SHAPE,
) {
  const size = shape.variables * shape.classes;
  const scope = createScope(g, { noise, training });
  const identity = (name: string) => {
    if (name.endsWith("bias")) return g.affine(g.ramp(size, 0, 1), { scale: 0, offset: 0 });
    const columns = g.ramp(size, 0, 1);
    const rows = g.reshape(columns, { rows: size, cols: 1, batched: false });
    const off = g.add(g.lessThan(rows, columns), g.lessThan(columns, rows));
    return g.affine(off, { scale: -1, offset: 1 });
  };
  const draws = { ...shape, relaxation, temperature: () => g.constant(temperature) };
  return categoricalPosterior({ ...scope, declare: identity }, draws, {
    name: "encoder",
    hidden: g.input("logits", batched(size)),
    samples: 1,
    noise: (noiseShape, distribution) => {
      assert.equal(distribution, "uniform");
      const request = { name: "u", stream: STREAMS.posterior, shape: noiseShape, distribution };
      return scope.noise(request);
    },
  });
}

function run(executor: Executor, rows: number, config: Case, given?: readonly number[]) {
  const logits = Array.from({ length: rows }, () => LOGITS).flat();
  const noise: Record<string, ArrayLike<number>> = given
    ? { u: given }
    : config.noise === drawnNoise
    ? { key: [...splitSeed(3), 0, 0] }
    : {};
  return runGraph(executor, rows, (g) => {
    const { mean, logVar, z, logDensity } = posteriorOf(g, config);
    return { mean, logVar, z, logDensity };
  }, { logits, ...noise });
}

const columnOf = (z: Float64Array, column: number) => z.filter((_, i) => i % SIZE === column);

/** The class with the largest value, for each variable. */
function largestOf(z: Float64Array): number[] {
  return Array.from({ length: z.length / 3 }, (_, i) => {
    const own = z.subarray(3 * i, 3 * i + 3);
    return own.indexOf(Math.max(...own));
  });
}

for (const executor of EXECUTORS) {
  const { label } = executor;

  Deno.test(`gumbel() on ${label} is finite for every uniform number, and has Gumbel's moments`, () => {
    const ends = [0, 2 ** -24, 0.5, 1 - 2 ** -24, 1];
    const input = (g: Graph) => g.input("u", batched(1));
    const { y } = runGraph(executor, 5, (g) => ({ y: gumbel(g, input(g)) }), { u: ends });
    const want = [2 ** -25, 2 ** -24, 0.5, 1 - 2 ** -24, 1 - 2 ** -24]
      .map((u) => -Math.log(-Math.log(u)));
    // Two logarithms of at most 4 ULP; near u = e^-1 their composition would lose more.
    assertRelative(y, want, 16 * executor.unitRoundoff, 0);
    const drawn = runGraph(executor, 20_000, (g) => {
      const request = { name: "u", stream: 0, shape: batched(1), distribution: "uniform" } as const;
      return { y: gumbel(g, drawnNoise(g, request)) };
    }, { key: [...splitSeed(1), 0, 0] }).y;
    const EULER = 0.5772156649, VARIANCE = Math.PI ** 2 / 6;
    const mean = estimate(drawn), spread = estimate(drawn.map((each) => (each - EULER) ** 2));
    assert.ok(Math.abs(mean.mean - EULER) < STANDARD_ERRORS * mean.standardError);
    assert.ok(Math.abs(spread.mean - VARIANCE) < STANDARD_ERRORS * spread.standardError);
  });

  Deno.test(`oneHotOfLargest() on ${label} is exact, and takes the first of equal values`, () => {
    const rows = [
      [1, 2, 3],
      [3, 3, 1],
      [-1e6, -1e6, -1e6],
      [1e6, -1e6, 1e6 - 1],
      [1, 1 + 2 ** -23, 1],
      [0, -0, 1e-12],
    ];
    const { y } = runGraph(
      executor,
      rows.length,
      (g) => ({ y: oneHotOfLargest(g, g.input("x", batched(3))) }),
      { x: rows.flat() },
    );
    const want = [2, 0, 0, 0, 1, 2].flatMap((at) => [0, 1, 2].map((c) => c === at ? 1 : 0));
    assert.deepEqual([...y], want);
  });

  Deno.test(`draws on ${label} have the probabilities of the logits, and relaxed ones at any temperature`, () => {
    const rows = 20_000;
    const cases: Case[] = [
      { relaxation: "none" },
      { relaxation: "gumbelSoftmax", training: false },
      { relaxation: "straightThrough", temperature: 0.3 },
      { relaxation: "gumbelSoftmax", temperature: 0.3 },
      { relaxation: "gumbelSoftmax", temperature: 5 },
    ];
    const classes = cases.map((config) => {
      const { z, mean } = run(executor, rows, { ...config, noise: drawnNoise });
      assertUlp(mean.subarray(0, SIZE), SHARES, 8);
      return largestOf(z);
    });
    SHARES.forEach((share, column) => {
      const [v, c] = [Math.floor(column / 3), column % 3];
      const hits = classes[0].filter((each, i) => i % 2 === v && each === c).length;
      const standardError = Math.sqrt(share * (1 - share) / rows);
      assert.ok(Math.abs(hits / rows - share) < STANDARD_ERRORS * standardError);
    });
    // Relaxation changes the class of a draw only if rounding swaps two almost equal values.
    for (const other of classes) {
      const moved = other.filter((each, i) => each !== classes[0][i]).length;
      assert.ok(moved <= 2, `${moved} of ${other.length} moved`);
    }
  });

  Deno.test(`hard draws on ${label} are zeros and ones, and ln q is that of their classes`, () => {
    for (const relaxation of ["none", "straightThrough"] as const) {
      const { z, logDensity } = run(executor, 500, { relaxation, noise: drawnNoise });
      assert.ok(z.every((value) => value === 0 || value === 1));
      const want = Array.from(
        { length: 500 },
        (_, r) => SHARES.reduce((sum, share, c) => sum + z[r * SIZE + c] * Math.log(share), 0),
      );
      assertRelative(logDensity, want, 0, 40 * executor.unitRoundoff);
    }
  });

  Deno.test(`a relaxed draw on ${label} is softmax((l + g)/τ), and becomes one-hot as τ falls`, () => {
    const u = [0.3, 0.9, 0.5, 0.2, 0.6, 0.7].map(Math.fround);
    const perturbed = u.map((each, i) => LOGITS[i] - Math.log(-Math.log(each)));
    const distances = [4, 1, 0.25, 0.05].map((temperature) => {
      const { z } = run(executor, 1, { relaxation: "gumbelSoftmax", temperature }, u);
      const want = [0, 3].flatMap((first) => {
        const weights = perturbed.slice(first, first + 3).map((y) => Math.exp(y / temperature));
        return weights.map((weight) => weight / weights.reduce((a, b) => a + b));
      });
      // The perturbed logits, below 4, have an error of a few units of roundoff; e^(y/τ) has 1/τ times that.
      assertRelative(z, want, 0, 50 * executor.unitRoundoff / temperature);
      return [0, 3].reduce((sum, first) => sum + 1 - Math.max(...z.slice(first, first + 3)), 0);
    });
    assert.ok(distances.every((each, i) => i === 0 || each < distances[i - 1]));
    assert.ok(distances.at(-1)! < 1e-4);
  });

  Deno.test(`two classes on ${label} are a logistic variable: binary Concrete`, () => {
    const logits = [0.5, -0.75], u = [0.3, 0.8].map(Math.fround), temperature = 0.6;
    const { z } = runGraph(executor, 1, (g) => {
      const shape = { variables: 1, classes: 2 };
      return { z: posteriorOf(g, { relaxation: "gumbelSoftmax", temperature }, shape).z };
    }, { logits, u });
    const logistic = Math.log(Math.log(u[0]) / Math.log(u[1]));
    const want = 1 / (1 + Math.exp(-(logits[1] - logits[0] + logistic) / temperature));
    assertRelative(z, [1 - want, want], 0, 50 * executor.unitRoundoff);
  });

  Deno.test(`without noise on ${label} z is E[z], with the variance of indicators`, () => {
    const { z, mean, logVar } = run(
      executor,
      1,
      { relaxation: "gumbelSoftmax", noise: noNoise },
    );
    assert.deepEqual(z, mean);
    assertRelative(logVar, SHARES.map((q) => Math.log(q * (1 - q))), 0, 64 * executor.unitRoundoff);
    const far = runGraph(executor, 1, (g) => {
      const shape = { variables: 1, classes: 2 };
      const { logVar } = posteriorOf(g, { relaxation: "none", noise: noNoise }, shape);
      return { logVar };
    }, { logits: [200, -200] });
    assert.ok(far.logVar.every((each) => Number.isFinite(each) && each < -15), `${far.logVar}`);
  });

  Deno.test(`the uniform prior on ${label} draws every class equally often, and has the right density`, () => {
    const rows = 20_000;
    const { z, logDensity } = runGraph(executor, rows, (g) => {
      const prior = uniformCategoricals(g, SHAPE);
      const z: Node = prior.sample((shape, distribution) =>
        drawnNoise(g, { name: "u", stream: STREAMS.prior, shape, distribution })
      );
      return { z, logDensity: prior.logDensity(z) };
    }, { key: [...splitSeed(2), 0, 0] });
    assert.ok(z.every((value) => value === 0 || value === 1));
    for (let column = 0; column < SIZE; column++) {
      const { mean, standardError } = estimate(columnOf(z, column));
      assert.ok(Math.abs(mean - 1 / 3) < STANDARD_ERRORS * standardError, `${column}: ${mean}`);
    }
    // Variables are independent: both are in their first class with probability 1/9.
    const both = estimate(columnOf(z, 0).map((first, r) => first * z[r * SIZE + 3]));
    assert.ok(Math.abs(both.mean - 1 / 9) < STANDARD_ERRORS * both.standardError);
    assertUlp(logDensity.subarray(0, 3), [1, 1, 1].map(() => -2 * Math.log(3)), 1);
  });
}
