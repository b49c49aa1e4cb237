/** Fits the models that `relative_spec.ts` specifies. */
import { type DeviceOptions, splitDevice } from "../../trained/device_options.ts";
import type { Rows } from "../../trained/rows/matrix.ts";
import { parseEmOptions } from "../em/em_options.ts";
import { factorAnalysis } from "../em/factor_analysis.ts";
import type { RelativeSpec } from "./relative_spec.ts";
import { Rbm } from "../rbm/rbm.ts";
import { parseRbmRecipe, type RbmEpoch, type RbmFitOptions } from "../rbm/rbm_options.ts";
import type { VAE } from "../vae.ts";

/** Options for fitting; EM uses `epochs`, as its maximum number of steps, and `seed`. */
export interface RelativeFitOptions
  extends DeviceOptions, Pick<RbmFitOptions, "batchSize" | "objective" | "optimizer" | "signal"> {
  readonly epochs?: number;
  readonly seed?: number;
  /** Names of the columns, for the model's spec. */
  readonly columns?: readonly string[];
  readonly onProgress?: (epoch: RelativeEpoch, epochs: number) => void;
}

/** One epoch of a Boltzmann machine, or one step of EM. */
export type RelativeEpoch = RbmEpoch | { readonly epoch: number; readonly logLikelihood: number };

/** A fitted model. */
export interface FittedRelative {
  readonly model: VAE | Rbm;
  readonly history: readonly RelativeEpoch[];
  /** EM: whether the last step gained less than the tolerance. */
  readonly converged?: boolean;
}

/** @throws TypeError or RangeError naming the option or the row; DivergenceError; the signal's reason */
export async function fitRelative(
  spec: RelativeSpec,
  rows: Rows,
  options: RelativeFitOptions,
): Promise<FittedRelative> {
  const [device, { onProgress, columns, ...run }] = splitDevice(options);
  const named = columns && { columns };
  if (spec.type === "rbm") {
    const { type: _type, ...layers } = spec, { epochs } = parseRbmRecipe(run, 0);
    const model = Rbm.create({ ...layers, ...named }, { seed: run.seed, ...device });
    const progress = { onProgress: (epoch: RbmEpoch) => onProgress?.(epoch, epochs) };
    const { history } = await model.fit(rows, { ...run, ...progress });
    return { model, history };
  }
  const { type, ...fields } = spec;
  const { epochs: iterations, ...otherOptions } = run, { latent } = fields;
  const { iterations: maxIterations } = parseEmOptions({ latent, iterations });
  const { model, logLikelihood, converged } = await factorAnalysis(rows, {
    ...fields,
    ...named,
    ...otherOptions,
    ...device,
    ...(iterations !== undefined && { iterations }),
    noise: type === "ppca" ? "shared" : "perFeature",
    onProgress: ({ iteration: epoch, logLikelihood }) =>
      onProgress?.({ epoch, logLikelihood }, maxIterations),
  });
  const history = logLikelihood.map((value, epoch) => ({ epoch, logLikelihood: value }));
  return { model, history, converged };
}
