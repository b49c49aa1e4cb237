/** One example of each likelihood, and data for it, for tests that cover all of them. */
import { HostRandom } from "../../src/core/random/philox.ts";
import type { LikelihoodInput } from "../../src/distributions/likelihoods/options.ts";

export interface LikelihoodCase {
  readonly name: string;
  readonly likelihood: LikelihoodInput;
  readonly columns: number;
  /** Column c of one row. */
  readonly value: (random: HostRandom, c: number, row: number) => number;
}

const real = (random: HostRandom) => 4 * random.uniformF64() - 2;
const count = (random: HostRandom) => random.below(9);
const unit = (random: HostRandom) => random.uniformF64();
const positive = (random: HostRandom) => 0.2 + 3 * random.uniformF64();
/** Class (row + group) mod `classes` in each group. */
const oneHot = (classes: number) => (_: HostRandom, c: number, row: number) =>
  Number(c % classes === (row + Math.floor(c / classes)) % classes);

function each(
  likelihood: LikelihoodInput,
  value: LikelihoodCase["value"],
  columns = 3,
  detail = "",
): LikelihoodCase {
  return { name: `${likelihood.type}${detail && ` ${detail}`}`, likelihood, columns, value };
}

export const LIKELIHOOD_CASES: readonly LikelihoodCase[] = [
  each({ type: "bernoulli" }, unit),
  each({ type: "continuousBernoulli" }, unit),
  ...([0.7, "shared", "perFeature", "perRow", "optimal"] as const).map((variance) =>
    each({ type: "gaussian", variance }, real, 3, `${variance}`)
  ),
  each({ type: "studentT" }, real),
  each({ type: "studentT", degreesOfFreedom: 4, scale: "shared" }, real, 3, "fixed"),
  each({ type: "contaminatedGaussian" }, real),
  each({ type: "contaminatedGaussian", variance: "perRow", share: "shared" }, real, 3, "learned"),
  each({ type: "laplace" }, real),
  ...(["perFeature", "perRow"] as const).map((variance) =>
    each({ type: "logNormal", variance }, positive, 3, variance)
  ),
  each({ type: "poisson" }, count),
  each({ type: "negativeBinomial" }, count),
  each({ type: "categorical", classes: 3 }, oneHot(3), 6),
  each(
    {
      type: "mixed",
      columns: [
        { type: "gaussian", count: 2, variance: "optimal" },
        { type: "categorical", classes: 3, count: 2 },
        { type: "poisson" },
        { type: "bernoulli" },
      ],
    },
    (random, c, row) => {
      if (c < 2) return real(random);
      if (c < 8) return oneHot(3)(random, c - 2, row);
      return c === 8 ? count(random) : random.below(2);
    },
    10,
  ),
];

/** Rows of data for a case; the same for the same seed. */
export function dataFor(
  { columns, value }: LikelihoodCase,
  rows: number,
  seed: number,
): number[][] {
  const random = new HostRandom(seed, 0, 0);
  return Array.from(
    { length: rows },
    (_, r) => Array.from({ length: columns }, (_, c) => Math.fround(value(random, c, r))),
  );
}
