/**
 * Warnings about a fit: whether the latent variables are used, and whether the networks overfit.
 *
 *   single network: it overfits if more than 15 % of the held-out rows score above the 95 % quantile of the training
 *   rows, and the probability of that many by chance, the quantile being one of the training scores, is below 10⁻³
 *   (`core/probability/hypergeometric.ts`)
 *
 *   ensemble, per view: more than 40 % of the rows have, by a network that has not seen them, a larger residual than
 *   the 95 % quantile of the rows that the networks trained on. The limit is higher because an ensemble's statistics
 *   come from unseen rows anyway, so moderate overfitting does no harm
 *
 * P-values remain valid however far a model overfits, because they come from rows that it has not seen.
 */
import { exceedanceProbability } from "../../core/probability/hypergeometric.ts";

/** Maximum number of training rows to compare. */
export const COMPARED_ROWS = 2000;

const MAX_SHARE = 0.15, EXPECTED_SHARE = 0.05, SIGNIFICANCE = 1e-3;

/** Limit for the networks of an ensemble. */
const MAX_MEMBERS_SHARE = 0.4;

/** The networks of one view. */
export interface FittedView {
  /** Residuals of rows that the networks were trained on. */
  readonly trainingResidual: Float64Array;
  /** Residuals of rows by networks that have not seen them. */
  readonly residual: Float64Array;
  /** Active units of each network after training. */
  readonly activeUnits: readonly number[];
}

/** Warnings about the networks of an ensemble. @param columns of the table: one alone has no other to be related to */
export function ensembleWarnings(views: readonly FittedView[], columns: number): string[] {
  const warnings: string[] = [];
  if (columns > 1 && views.every(({ activeUnits }) => activeUnits.every((units) => units === 0))) {
    warnings.push(
      "no network uses its latent variables: only regressions and neighbours relate columns to each other",
    );
  }
  const shares = views.map(({ trainingResidual, residual }) =>
    significantShareAbove(trainingResidual, residual, MAX_MEMBERS_SHARE)
  );
  const share = Math.max(...shares);
  if (share > 0) {
    warnings.push(
      `the networks overfit: ${
        Math.round(100 * share)
      } % of unseen rows are reconstructed worse than 95 % of the training rows; p-values hold, but fewer epochs or smaller networks may detect more`,
    );
  }
  return warnings;
}

/**
 * The share of held-out rows above the 95 % quantile of the training rows, if it is significant and above the limit;
 * else 0.
 */
function significantShareAbove(
  training: Float64Array,
  heldOut: Float64Array,
  limit: number,
): number {
  const rank = Math.ceil((1 - EXPECTED_SHARE) * training.length),
    larger = training.length - rank;
  const quantile = training.slice().sort()[rank - 1];
  const above = heldOut.filter((score) => score > quantile).length, share = above / heldOut.length;
  const pValue = exceedanceProbability(training.length, larger, heldOut.length, above);
  return share > limit && pValue < SIGNIFICANCE ? share : 0;
}

/**
 * Warnings about a single network.
 * @param training scores of training rows
 * @param heldOut scores of held-out rows
 * @param activeUnits active units after training
 * @param columns of the table: one alone has no other to be related to
 */
export function trainedWarnings(
  training: Float64Array,
  heldOut: Float64Array,
  activeUnits: number,
  columns: number,
): string[] {
  const warnings: string[] = [];
  if (columns > 1 && activeUnits === 0) {
    warnings.push(
      "the latent variables are not used: each column is scored by itself",
    );
  }
  const share = significantShareAbove(training, heldOut, MAX_SHARE);
  if (share > 0) {
    warnings.push(
      `the model overfits: ${
        Math.round(100 * share)
      } % of the held-out rows score above 95 % of the training rows; p-values hold, but fewer epochs or a smaller network may detect more`,
    );
  }
  return warnings;
}
