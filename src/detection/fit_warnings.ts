/**
 * What a user should know of a fit: before, whether the latent variables have anything to do
 * (`spectrum.ts`); after, whether they did it, and whether training rows were learnt by heart.
 *
 *   overfit: more than 15 % of the rows kept back score above the 95 % point of the training rows, and as
 *   many by chance, P(Bin(n, 0.05) ≥ k), is below 10⁻³
 *
 * The p-values stay right however far a model overfits, as they come from rows that it never saw.
 */
import { binomialTail } from "../core/incomplete_beta.ts";

/** Rows that the two samples are compared on, at most. */
export const COMPARED_ROWS = 2000;

const LIMIT = 0.15, USUAL = 0.05, CHANCE = 1e-3;

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
  const limit = training.slice().sort()[Math.ceil((1 - USUAL) * training.length) - 1];
  const above = kept.filter((score) => score > limit).length, share = above / kept.length;
  if (share > LIMIT && binomialTail(kept.length, USUAL, above) < CHANCE) {
    warnings.push(
      `the model overfits: ${
        Math.round(100 * share)
      } % of the rows kept back score above the 95 % point of the training rows; p-values hold, but fewer epochs or a smaller network may detect more`,
    );
  }
  return warnings;
}
