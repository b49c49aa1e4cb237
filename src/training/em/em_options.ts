/** Options of `factorAnalysis`, with defaults; parsed once, strictly. */
import { portableExp } from "../../core/portable.ts";
import { LOG_VARIANCE } from "../../core/stable.ts";
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import { DEVICE_KEYS, type DeviceOptions } from "../../trained/device_options.ts";

/** Options for fitting a linear Gaussian model. */
export interface FactorAnalysisOptions extends DeviceOptions {
  /** Latent dimensions, fewer than columns. */
  readonly latent: number;
  /** Names of the columns, for the model's spec. */
  readonly columns?: readonly string[];
  /** "shared" for probabilistic PCA, "perFeature" (the default) for factor analysis. */
  readonly noise?: "shared" | "perFeature";
  /** Maximum number of EM steps. Default: 1000. */
  readonly iterations?: number;
  /** Stops when a step raises the mean log-likelihood by less, nats per row. Default: 1e-6. */
  readonly tolerance?: number;
  /** Fixes the start. Default: 0. */
  readonly seed?: number;
  /**
   * The minimum noise variance, in squared units of the data. Default: a millionth of the columns' mean variance.
   * Without it the noise of a column that the factors explain completely would go to zero, and the likelihood to
   * infinity.
   */
  readonly minVariance?: number;
  /** Called after each step with the mean log-likelihood of the rows, nats per row. */
  readonly onProgress?: (
    step: { readonly iteration: number; readonly logLikelihood: number },
  ) => void;
  /** Cancels: rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options that determine the result, except the floor, which needs the data. */
export type EmSettings = Required<
  Pick<FactorAnalysisOptions, "latent" | "noise" | "iterations" | "tolerance" | "seed">
>;

const KEYS = [
  "latent",
  "columns",
  "noise",
  "iterations",
  "tolerance",
  "seed",
  "minVariance",
  "onProgress",
  "signal",
  ...DEVICE_KEYS,
];

/** Covariances of more columns do not fit into a browser's memory. */
export const MAX_COLUMNS = 8192;

/** The smallest variance that a spec accepts. */
export const MIN_VARIANCE = 1e-13;

/** @throws TypeError or RangeError naming the option */
export function parseEmOptions(options: FactorAnalysisOptions): EmSettings {
  const fields = requireObject("factor analysis options", options, KEYS);
  const { latent, noise = "perFeature", iterations = 1000, tolerance = 1e-6, seed = 0 } = fields;
  if (fields.minVariance !== undefined) {
    requireNumber("minVariance", fields.minVariance, {
      min: MIN_VARIANCE,
      max: portableExp(LOG_VARIANCE.high),
    });
  }
  return {
    latent: requireNumber("latent", latent, { min: 1, max: MAX_COLUMNS, integer: true }),
    noise: requireChoice<"shared" | "perFeature">("noise", noise, ["shared", "perFeature"]),
    iterations: requireNumber("iterations", iterations, { min: 1, max: 1e7, integer: true }),
    tolerance: requireNumber("tolerance", tolerance, { min: 0 }),
    seed: requireNumber("seed", seed, { integer: true }),
  };
}
