/**
 * A small categorical model whose states can all be enumerated: V = 2 variables of C = 3 classes, four Bernoulli
 * columns, linear networks. In float64 and without the library: the exact ELBO, ln p(x) and the exact IWAE bound, whose
 * derivatives are central differences.
 */
import type { CategoricalLatentInput, ModelSpecInput } from "../../mod.ts";
import { VAE } from "../../mod.ts";
import { deviceOf, type Executor } from "./executors.ts";

export const VARIABLES = 2, CLASSES = 3, SIZE = VARIABLES * CLASSES;
const COLUMNS = 4;

/** Values by name, row-major. */
export type DiscreteParameters = Readonly<Record<string, readonly number[]>>;

/** Fixed numbers from a few tenths to two, exact in float32: no class is rare, and no two are alike. */
const wave = (length: number, scale: number, step: number): number[] =>
  Array.from({ length }, (_, i) => Math.round(64 * scale * Math.sin(step * (i + 1))) / 64);

export const PARAMETERS: DiscreteParameters = {
  "encoder.logits.weight": wave(COLUMNS * SIZE, 0.9, 1.3),
  "encoder.logits.bias": wave(SIZE, 0.5, 2.1),
  "decoder.logits.weight": wave(SIZE * COLUMNS, 2, 0.7),
  "decoder.logits.bias": wave(COLUMNS, 0.5, 1.9),
};

export const X = [1, 0, 1, 1];

export function discreteSpec(latent: Partial<CategoricalLatentInput> = {}): ModelSpecInput {
  const shape = { type: "categorical", variables: VARIABLES, classes: CLASSES } as const;
  return {
    inputs: COLUMNS,
    latent: [{ ...shape, ...latent }],
    likelihood: { type: "bernoulli" },
  };
}

/** The model with the parameters above. */
export function discreteModel(executor: Executor, latent?: Partial<CategoricalLatentInput>): VAE {
  const vae = VAE.create(discreteSpec(latent), { ...deviceOf(executor), seed: 1 });
  vae.setParameters(new Map(Object.entries(PARAMETERS).map(([name, data]) => [name, { data }])));
  return vae;
}

/** One state z = (c_1, …, c_V). */
export interface State {
  readonly classes: readonly number[];
  readonly logPosterior: number;
  readonly logLikelihood: number;
}

/** Every state, for one row. */
export function statesOf(parameters: DiscreteParameters, x: readonly number[] = X): State[] {
  const logits = affine(x, parameters, "encoder.logits", SIZE);
  const logShares = Array.from({ length: VARIABLES }, (_, v) => {
    const own = logits.slice(v * CLASSES, (v + 1) * CLASSES);
    return own.map((logit) => logit - logSumExp(own));
  });
  return Array.from({ length: CLASSES ** VARIABLES }, (_, index) => {
    const classes = [Math.floor(index / CLASSES), index % CLASSES];
    const z = Array.from(
      { length: SIZE },
      (_, i) => classes[Math.floor(i / CLASSES)] === i % CLASSES ? 1 : 0,
    );
    const output = affine(z, parameters, "decoder.logits", COLUMNS);
    const terms = output.map((l, d) => -Math.log(1 + Math.exp(x[d] === 1 ? -l : l)));
    return {
      classes,
      logPosterior: sum(classes.map((c, v) => logShares[v][c])),
      logLikelihood: sum(terms),
    };
  });
}

const LOG_PRIOR = -VARIABLES * Math.log(CLASSES);

/** Σ q(z) (ln p(x | z) + β (ln p(z) - ln q(z))), nats. */
export function exactElbo(parameters: DiscreteParameters, beta = 1): number {
  return sum(
    statesOf(parameters).map(({ logPosterior, logLikelihood }) =>
      Math.exp(logPosterior) * (logLikelihood + beta * (LOG_PRIOR - logPosterior))
    ),
  );
}

/** ln p(x), nats. */
export function exactEvidence(parameters: DiscreteParameters): number {
  return logSumExp(statesOf(parameters).map(({ logLikelihood }) => logLikelihood + LOG_PRIOR));
}

/** E[ln (1/K Σ w)] over all K-tuples of states, nats. */
export function exactIwae(parameters: DiscreteParameters, draws: number): number {
  const states = statesOf(parameters).map(({ logPosterior, logLikelihood }) => ({
    logPosterior,
    logWeight: logLikelihood + LOG_PRIOR - logPosterior,
  }));
  const overTuples = (left: number, logProbability: number, logWeights: number[]): number =>
    left === 0
      ? Math.exp(logProbability) * (logSumExp(logWeights) - Math.log(draws))
      : sum(states.map(({ logPosterior, logWeight }) =>
        overTuples(left - 1, logProbability + logPosterior, [...logWeights, logWeight])
      ));
  return overTuples(draws, 0, []);
}

/** Central differences: with h = 1e-4 their error is of the order h² = 1e-8. */
export function slopes(
  f: (parameters: DiscreteParameters) => number,
): ReadonlyMap<string, readonly number[]> {
  const h = 1e-4;
  return new Map(
    Object.entries(PARAMETERS).map(([name, values]) => [
      name,
      values.map((value, i) => {
        const at = (step: number) => f({ ...PARAMETERS, [name]: values.with(i, value + step) });
        return (at(h) - at(-h)) / (2 * h);
      }),
    ]),
  );
}

function affine(x: readonly number[], parameters: DiscreteParameters, name: string, cols: number) {
  const weight = parameters[`${name}.weight`], bias = parameters[`${name}.bias`];
  return Array.from(
    { length: cols },
    (_, c) => bias[c] + sum(x.map((value, r) => value * weight[r * cols + c])),
  );
}

export function logSumExp(values: readonly number[]): number {
  const most = Math.max(...values);
  return most + Math.log(sum(values.map((value) => Math.exp(value - most))));
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
