/** Models with every likelihood, posterior and prior that can be exported, and rows for them. */
import { type ModelSpecInput, VAE } from "../../mod.ts";
import { planeRows } from "../util/data.ts";

export interface Subject {
  readonly vae: VAE;
  readonly rows: Float32Array;
  readonly count: number;
}

const network = (activation: string, ...hidden: number[]) => ({ hidden, activation }) as never;

const real = () => planeRows(COUNT, COLUMNS, 5).flat();
const unit = () => real().map((value) => 1 / (1 + Math.exp(-value)));
const bits = () => real().map((value) => Number(value > 0));
const counts = () => real().map((value, i) => Math.floor(Math.abs(3 * value) ** (i % 3)));
const positive = () => real().map((value) => Math.exp(value));

const COUNT = 7, COLUMNS = 6;

type Case = readonly [Partial<ModelSpecInput>, () => number[]];

/** By name; all have six columns. They contain every activation and every kind of node. */
export const CASES: Readonly<Record<string, Case>> = {
  gaussian: [{ encoder: network("tanh", 9, 5), decoder: network("relu", 5) }, real],
  "gaussian per row": [{ likelihood: { type: "gaussian", variance: "perRow" } }, real],
  bernoulli: [{ encoder: network("softplus", 5), likelihood: { type: "bernoulli" } }, bits],
  "continuous Bernoulli": [{ likelihood: { type: "continuousBernoulli" } }, unit],
  "student t": [{ encoder: network("elu", 5), likelihood: { type: "studentT" } }, real],
  "contaminated Gaussian": [{ likelihood: { type: "contaminatedGaussian" } }, real],
  laplace: [{ likelihood: { type: "laplace" } }, real],
  "log-normal": [{ likelihood: { type: "logNormal" } }, positive],
  poisson: [{ decoder: network("sigmoid", 5), likelihood: { type: "poisson" } }, counts],
  "negative binomial": [{ likelihood: { type: "negativeBinomial" } }, counts],
  flows: [{
    latent: [{ size: 2, flows: [{ type: "planar" }, { type: "radial" }] }],
  }, real],
  "a full posterior, a mixture for a prior": [{
    latent: [{ size: 2, posterior: "full" }],
    prior: { type: "mixture", components: 3 },
  }, real],
  "VampPrior": [{ prior: { type: "vamp", components: 3 } }, real],
  "two layers": [{ latent: [{ size: 3 }, { size: 2 }] }, real],
  "classes": [{ latent: [{ type: "categorical", variables: 2, classes: 3 }] }, real],
};

export function subjectOf([spec, rows]: Case): Subject {
  const { latent = [{ size: 2 }], ...rest } = spec;
  const vae = VAE.create(
    { inputs: COLUMNS, latent, ...rest } as ModelSpecInput,
    { seed: 3, backend: "reference" },
  );
  return { vae, rows: Float32Array.from(rows()), count: COUNT };
}
