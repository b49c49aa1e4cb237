/**
 * Fits one linear VAE to the windows of a series exactly: probabilistic PCA of the standardised windows, with the score
 *
 *   -ln p(x) = ½ (x - μ)ᵀ (W Wᵀ + Ψ)⁻¹ (x - μ) + constant   (`training/em/linear_vae.ts`)
 *
 * Windows are wide and overlap, so a few hundred steps are worth about ten independent rows of a hundred cells or more:
 * too few to train a network, but enough for principal components and a residual variance for each column
 * (`column_noise.ts`).
 *
 *   1  fit to all windows, leave out the tenth that fits worst (a series may contain anomalies), and fit again
 *   2  score each of up to four sets of blocks by a fit to windows that contain none of its steps
 *
 * Step 1 gives the model, which has seen every step. Step 2 gives the calibration, in which no step was seen by the fit
 * that scores it, so no block is lost to training. Both use the standardisation and the number of components of all
 * windows. Leaving out what fits worst is the concentration step of Rousseeuw and Van Driessen, "A fast algorithm for
 * the minimum covariance determinant estimator", 1999.
 */
import { OptionError } from "../../core/option_error.ts";
import { requireNumber } from "../../core/validate.ts";
import { rawScores } from "../../scoring/contributions.ts";
import { Expansion } from "../../scoring/table/expansion.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import { countWindows, windowsOf } from "../../scoring/series/windows.ts";
import { blocksOf, type Steps, stretchesOf } from "./stretches.ts";
import { costsOf } from "../../trained/calls/completion.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import {
  type Standardization,
  standardizationOf,
  standardize,
} from "../../scoring/table/standardize.ts";
import { rowSchema } from "../../scoring/table_model.ts";
import type { DeviceOptions } from "../../trained/trained_vae.ts";
import { takeRows } from "../../training/rows/minibatch.ts";
import { VAE } from "../../training/vae.ts";
import { MIN_VARIANCE } from "../defaults.ts";
import { exactFitter } from "./exact_fits.ts";
import { filled } from "./fill_gaps.ts";
import { typicalCosts } from "../typical_costs.ts";
import { linearReport } from "./linear_report.ts";
import type { OldWindows } from "./old_windows.ts";

/** Neighbouring windows are almost equal, so from long series this many are taken, evenly spaced. */
export const MAX_WINDOWS = 12_000;

/** Maximum number of cells in a window; their full covariance is held in memory. */
const MAX_CELLS = 4096;

/** The share of windows left out. */
const TRIMMED_SHARE = 0.1;

/** Number of sets of blocks, each scored by a fit without it. */
const FOLDS = 4;

export interface SeriesRequest {
  readonly cells: Cells;
  readonly schema: readonly ColumnSchema[];
  readonly window: number;
  readonly seed: number;
  /** Number of components, if the user sets it. */
  readonly latent?: number;
  readonly device: DeviceOptions;
  /** What an update keeps of the model that it continues. */
  readonly before?: KeptOfModel;
}

/** The units of a model's cells, and its windows. */
export interface KeptOfModel {
  readonly standardization: Standardization;
  readonly old: OldWindows;
}

/** @throws RangeError for windows with too many cells for a covariance */
export function fitSeries(request: SeriesRequest) {
  const { cells, schema, window, seed, device, before } = request;
  const expansion = new Expansion(rowSchema(schema, window)), { width } = expansion;
  requireWidth(width);
  const { windows, starts } = sampledWindows(cells, schema.length, window);
  const expanded = expansion.expand(windows);
  const standardization = before?.standardization ?? standardizationOf(expanded, width);
  const standardized = standardize(expanded, standardization);
  const rows = filled(standardized, window);
  const shape = { width, window, windows: starts.length, seed };
  const fit = exactFitter({ ...shape, ...(before && { old: before.old }) });
  if (request.latent !== undefined) {
    requireNumber("latent", request.latent, { min: 1, max: width - 1, integer: true });
  }
  const first = fit(rows, request.latent), { latent } = first;
  const vae = VAE.create({
    inputs: width,
    latent: [{ size: latent }],
    likelihood: { type: "gaussian", variance: "perFeature", minVariance: MIN_VARIANCE },
  }, { ...device, seed });
  vae.setParameters(first.parameters);
  const kept = lowestScores(totalCosts(vae, rows));
  const final = fit(takeRows(rows, kept), latent).parameters;
  vae.setParameters(final);
  const report = linearReport(vae, rows);
  const missingCosts = typicalCosts(vae, windows, costsOf(vae, standardized), expansion);
  const fitWithout = (steps: readonly Steps[]) => {
    const isDisjoint = (row: number) =>
      steps.every(({ first, end }) => starts[row] >= end || starts[row] + window <= first);
    const disjointKept = kept.filter(isDisjoint);
    // If almost all remaining windows were left out as unusual, uses all of them.
    const trainingRows = disjointKept.length >= latent
      ? disjointKept
      : starts.map((_, row) => row).filter(isDisjoint);
    vae.setParameters(fit(takeRows(rows, Uint32Array.from(trainingRows)), latent).parameters);
  };
  const fitted = { fitWithout, vae, expansion, standardization, missingCosts };
  const heldOutScores = scoreHeldOut({ ...request, ...fitted });
  vae.setParameters(final);
  return { vae, report, parts: { expansion, standardization }, missingCosts, heldOutScores };
}

interface HeldOutRequest extends SeriesRequest {
  readonly fitWithout: (steps: readonly Steps[]) => void;
  readonly vae: VAE;
  readonly expansion: Expansion;
  readonly standardization: Standardization;
  readonly missingCosts: ReturnType<typeof typicalCosts>;
}

/** Scores the windows of each block, by fits that have seen none of its steps. */
function scoreHeldOut(request: HeldOutRequest): Float64Array[] {
  const { cells, schema, window, vae, expansion, standardization, missingCosts } = request;
  const { typical, costs = typical } = missingCosts;
  const columns = schema.length;
  const blocks = blocksOf(stretchesOf(cells, columns, window), window);
  const folds = Math.min(FOLDS, blocks.length), scores: Float64Array[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const heldOutBlocks = blocks.map((steps, s) => ({ ...steps, s })).filter(({ s }) =>
      s % folds === fold
    );
    request.fitWithout(heldOutBlocks);
    for (const { s, first, end } of heldOutBlocks) {
      const count = countWindows(end - first, window);
      const windows = windowsOf(cells, columns, window, first, count);
      const x = standardize(expansion.expand(windows), standardization);
      scores[s] = rawScores(windows, costsOf(vae, x), expansion, costs).scores;
    }
  }
  return scores;
}

/** Windows of the stretches, evenly spaced, and the step at which each starts. */
function sampledWindows(cells: Cells, columns: number, window: number) {
  const all = stretchesOf(cells, columns, window).flatMap(({ first, end }) =>
    Array.from({ length: countWindows(end - first, window) }, (_, w) => first + w)
  );
  const count = all.length, sampled = Math.min(count, MAX_WINDOWS);
  const starts = Uint32Array.from(
    { length: sampled },
    (_, i) => all[Math.floor(i * count / sampled)],
  );
  const width = window * columns, data = new Float64Array(sampled * width);
  starts.forEach((start, i) => {
    data.set(cells.data.subarray(start * columns, start * columns + width), i * width);
  });
  return { windows: { data, rows: sampled }, starts };
}

/** The score of each row. */
function totalCosts(vae: VAE, rows: Matrix): Float64Array {
  const { cost, kl } = vae.onHost.costs(rows), sums = new Float64Array(rows.shape[0]);
  for (const { data, shape: [, width] } of [cost, kl]) {
    data.forEach((nats, i) => sums[Math.floor(i / width)] += nats);
  }
  return sums;
}

/** All rows except the share that fits worst, in order. */
function lowestScores(scores: Float64Array): Uint32Array {
  const limit = scores.toSorted()[Math.floor((1 - TRIMMED_SHARE) * (scores.length - 1))];
  return Uint32Array.from(scores.keys()).filter((row) => scores[row] <= limit);
}

function requireWidth(width: number): void {
  if (width < 2) {
    throw new RangeError("Cannot fit detector: there is nothing to learn from any column");
  }
  if (width <= MAX_CELLS) return;
  throw new OptionError((name) =>
    `Cannot fit detector: a window must have at most ${MAX_CELLS} cells, got ${width}: use a shorter window, fewer columns, or ${
      name("preset", "small")
    }`
  );
}
