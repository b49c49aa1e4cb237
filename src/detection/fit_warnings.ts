/**
 * What a user should know of a fit: before, whether the latent variables have anything to do
 * (`spectrum.ts`); after, whether they did it, and whether training rows were learnt by heart.
 *
 *   overfit: more than 15 % of the rows kept back score above the 95 % point of the training rows, and the
 *   chance of as many, that point being one of the training scores, is below 10⁻³ (`hypergeometric.ts`)
 *
 *   of an ensemble, by network: more than 40 % of the rows that it has not seen are reconstructed worse than the 95 %
 *   point of those that it trained on; its statistics are of rows unseen, so that less costs nothing
 *
 * The p-values stay right however far a model overfits, as they come from rows that it never saw.
 */
import { chanceAbove } from "../core/probability/hypergeometric.ts";

/** Rows that the two samples are compared on, at most. */
export const COMPARED_ROWS = 2000;

const LIMIT = 0.15, USUAL = 0.05, CHANCE = 1e-3;

/** Of the networks of an ensemble. */
const MEMBERS_LIMIT = 0.4;

/** The networks of one view. */
export interface FittedView {
  /** Residuals of rows that trained the networks, by these. */
  readonly seen: Float64Array;
  /** Residuals of rows by networks that have not seen them. */
  readonly residual: Float64Array;
  /** Of each network, after training. */
  readonly activeUnits: readonly number[];
}

export function ensembleWarnings(views: readonly FittedView[]): string[] {
  const warnings: string[] = [];
  if (views.every(({ activeUnits }) => activeUnits.every((units) => units === 0))) {
    warnings.push(
      "the latent variables of no network are used: only regressions and neighbours see columns together",
    );
  }
  const shares = views.map(({ seen, residual }) => shareAbove(seen, residual, MEMBERS_LIMIT));
  const share = Math.max(...shares);
  if (share > 0) {
    warnings.push(
      `the networks overfit: ${
        Math.round(100 * share)
      } % of the rows are reconstructed worse by the network that has not seen them than the 95 % point of those it has; p-values hold, but fewer epochs or smaller networks may detect more`,
    );
  }
  return warnings;
}

/** The share of rows above the 95 % point of the training rows, if it is above a limit and no chance; otherwise 0. */
function shareAbove(training: Float64Array, kept: Float64Array, limit: number): number {
  const within = Math.ceil((1 - USUAL) * training.length), larger = training.length - within;
  const edge = training.slice().sort()[within - 1];
  const above = kept.filter((score) => score > edge).length, share = above / kept.length;
  const chance = chanceAbove(training.length, larger, kept.length, above);
  return share > limit && chance < CHANCE ? share : 0;
}

/**
 * @param training scores of training rows
 * @param kept scores of rows that training did not see
 * @param activeUnits after training
 */
export function trainedWarnings(
  training: Float64Array,
  kept: Float64Array,
  activeUnits: number,
): string[] {
  const warnings: string[] = [];
  if (activeUnits === 0) {
    warnings.push(
      "the latent variables are not used: scores are those of each column by itself",
    );
  }
  const share = shareAbove(training, kept, LIMIT);
  if (share > 0) {
    warnings.push(
      `the model overfits: ${
        Math.round(100 * share)
      } % of the rows kept back score above the 95 % point of the training rows; p-values hold, but fewer epochs or a smaller network may detect more`,
    );
  }
  return warnings;
}
