/**
 * Replaces a model's prior by a mixture of Gaussians, fitted after training to draws of q(z | x) over rows: "ex-post
 * density estimation" (Ghosh et al., 2020). If the aggregated posterior is not N(0, I), samples then come from regions
 * that the decoder was trained on.
 */
import { requireNumber, requireObject } from "../../core/validate.ts";
import { portableExp, portableLog } from "../../core/portable.ts";
import { normal } from "../../core/random/draws.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";
import { DEVICE_KEYS, type DeviceOptions, splitDevice } from "../../trained/device_options.ts";
import type { Rows } from "../../trained/rows/matrix.ts";
import { VAE } from "../vae.ts";
import { fitMixture } from "./gaussian_mixture.ts";

/** Options for fitting the mixture. */
export interface PosteriorMixtureOptions extends DeviceOptions {
  /** Number of Gaussians. Default: 10. */
  readonly components?: number;
  /** Fixes the draws and the start. Default: 0. */
  readonly seed?: number;
  /** Maximum number of EM steps. Default: 200. */
  readonly iterations?: number;
  /** Stops when a step gains less, nats per row. Default: 1e-5. */
  readonly tolerance?: number;
}

/** A model with its fitted prior. */
export interface PosteriorMixture {
  /** A new model; the original does not change. */
  readonly model: VAE;
  /** Mean ln p(z) of the draws before each step of EM, nats. */
  readonly logLikelihood: readonly number[];
}

const KEYS = ["components", "seed", "iterations", "tolerance", ...DEVICE_KEYS];

/**
 * Creates a model with a mixture prior, fitted to the posterior of the rows.
 * @param rows at least one row of data; one draw of z is taken for each
 * @throws TypeError for a model with several layers, flows or a condition, RangeError for options
 *   out of range
 */
export async function withPosteriorMixture(
  vae: VAE,
  rows: Rows,
  options: PosteriorMixtureOptions = {},
): Promise<PosteriorMixture> {
  const fields = requireObject("options", options, KEYS);
  const [device] = splitDevice(options);
  const number = (key: string, otherwise: number, limits: Parameters<typeof requireNumber>[2]) =>
    requireNumber(key, fields[key] ?? otherwise, limits);
  const components = number("components", 10, { min: 1, max: 4096, integer: true });
  const seed = number("seed", 0, { integer: true });
  const iterations = number("iterations", 200, { min: 1, max: 1e6, integer: true });
  const tolerance = number("tolerance", 1e-5, { min: 0 });
  requirePlainLatent(vae);
  const { mean, logVar } = await vae.encode(rows);
  const data = draw(mean.data, logVar.data, seed);
  const mixture = fitMixture({ data, shape: mean.shape }, {
    components,
    seed,
    iterations,
    tolerance,
  });
  const spec = { ...vae.spec, prior: { type: "mixture", components } as const };
  const model = VAE.create(spec, { seed, ...device });
  const withoutPrior = [...vae.parameters()].filter(([name]) => !name.startsWith("prior."));
  model.setParameters(
    new Map<string, { data: ArrayLike<number> }>([
      ...withoutPrior,
      ["prior.mean", { data: mixture.means }],
      ["prior.logVar", { data: mixture.variances.map(portableLog) }],
      ["prior.logits", { data: mixture.weights.map(portableLog) }],
    ]),
  );
  return { model, logLikelihood: mixture.logLikelihood };
}

/** z = μ + σ ε, one draw for each row. */
function draw(mean: Float32Array, logVar: Float32Array, seed: number): Float64Array {
  const random = new HostRandom(seed, 1, STREAMS.mixture);
  return Float64Array.from(mean, (value, i) => value + portableExp(logVar[i] / 2) * normal(random));
}

function requirePlainLatent({ spec: { latent, condition } }: VAE): void {
  const [layer] = latent;
  const isPlain = latent.length === 1 && layer.type === "gaussian" && layer.flows.length === 0 &&
    layer.posterior === "diagonal" && condition === 0;
  if (isPlain) return;
  throw new TypeError(
    "Cannot fit prior: the model must have one diagonal Gaussian layer without flows and no condition",
  );
}
