/**
 * The VAE's neighbours as JSON states them, for whoever trains from a file or a request. Their `type` tells them
 * from the specification of a VAE, which has none:
 *
 *   { "type": "rbm", "hidden": 64 }                             a Boltzmann machine over the table's columns
 *   { "type": "ppca" | "factorAnalysis", "latent": 3,           by EM; the model is an ordinary VAE
 *     "tolerance"?: 1e-6, "minVariance"?: 1e-4 }
 */
import { requireChoice, requireObject } from "../core/validate.ts";
import { parseRbmSpec, type RbmSpec } from "../models/rbm.ts";
import type { DeviceOptions } from "../scoring/engine.ts";
import type { Rows } from "../scoring/matrix.ts";
import { type FactorAnalysisOptions, parseEmOptions } from "./em/em_options.ts";
import { factorAnalysis } from "./em/factor_analysis.ts";
import { Rbm } from "./rbm/rbm.ts";
import { parseRbmRecipe, type RbmEpoch, type RbmFitOptions } from "./rbm/rbm_options.ts";
import type { VAE } from "./vae.ts";

/** Their types. */
export const NEIGHBOUR_TYPES = ["rbm", "ppca", "factorAnalysis"] as const;

/** What to fit, complete. */
export type NeighbourSpec =
  | ({ readonly type: "rbm" } & RbmSpec)
  | (
    & { readonly type: "ppca" | "factorAnalysis" }
    & Pick<FactorAnalysisOptions, "latent" | "tolerance" | "minVariance">
  );

/** How to fit; EM takes `epochs`, as its steps at most, and `seed`. */
export interface NeighbourRun
  extends DeviceOptions, Pick<RbmFitOptions, "batchSize" | "objective" | "optimizer" | "signal"> {
  readonly epochs?: number;
  readonly seed?: number;
  readonly onProgress?: (epoch: NeighbourEpoch, epochs: number) => void;
}

/** One pass over the rows: of a Boltzmann machine, or a step of EM. */
export type NeighbourEpoch = RbmEpoch | { readonly epoch: number; readonly logLikelihood: number };

/** A fitted neighbour. */
export interface FittedNeighbour {
  readonly model: VAE | Rbm;
  readonly history: readonly NeighbourEpoch[];
  /** EM: whether the last step gained less than the tolerance. */
  readonly converged?: boolean;
}

/** Whether a specification is that of a neighbour. */
export function isNeighbour(spec: unknown): spec is { readonly type: unknown } {
  return typeof spec === "object" && spec !== null && "type" in spec;
}

/**
 * The complete specification over a table's columns, where they are known.
 * @throws TypeError or RangeError naming the field
 */
export function parseNeighbour(
  value: { readonly type: unknown },
  columns?: number,
): NeighbourSpec {
  const { type: given, ...rest } = value;
  const type = requireChoice("spec.type", given, NEIGHBOUR_TYPES);
  if (type !== "rbm") {
    const fields = requireObject("spec", rest, ["latent", "tolerance", "minVariance"]);
    return { type, ...fields } as NeighbourSpec;
  }
  const spec = parseRbmSpec({ visible: columns ?? 1, ...rest });
  if (columns === undefined || spec.visible === columns) return { type, ...spec };
  throw new RangeError(
    `Cannot read spec.visible: it must be the table's ${columns} columns: current value is ${spec.visible}`,
  );
}

/** @throws TypeError or RangeError naming the option or the row; DivergenceError; the signal's reason */
export async function fitNeighbour(
  spec: NeighbourSpec,
  rows: Rows,
  options: NeighbourRun,
): Promise<FittedNeighbour> {
  const { backend, determinism, threads, onProgress, ...run } = options;
  const device = { backend, determinism, threads };
  if (spec.type === "rbm") {
    const { visible, hidden } = spec, { epochs } = parseRbmRecipe(run, 0);
    const model = Rbm.create({ visible, hidden }, { seed: run.seed, ...device });
    const told = { onProgress: (epoch: RbmEpoch) => onProgress?.(epoch, epochs) };
    const { history } = await model.fit(rows, { ...run, ...told });
    return { model, history };
  }
  const { type, ...own } = spec;
  const { epochs: iterations, ...others } = run, { latent } = own;
  const { iterations: most } = parseEmOptions({ latent, iterations });
  const { model, logLikelihood, converged } = await factorAnalysis(rows, {
    ...own,
    ...others,
    ...device,
    ...(iterations !== undefined && { iterations }),
    noise: type === "ppca" ? "shared" : "perFeature",
    onProgress: ({ iteration: epoch, logLikelihood }) =>
      onProgress?.({ epoch, logLikelihood }, most),
  });
  const history = logLikelihood.map((value, epoch) => ({ epoch, logLikelihood: value }));
  return { model, history, converged };
}
