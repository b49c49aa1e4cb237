/**
 * What gives rows of a table their scores, in nats, and each column its raw part of them:
 *
 *   VaeRowScorer   one network over standardised columns: cost and KL (`contributions.ts`)
 *   Ensemble       several statistics in several views: `ensemble/ensemble.ts`
 */
import { rawContributions, rawScores } from "./contributions.ts";
import { requireFiniteScore } from "./finite.ts";
import { type Cells, type Standardization, standardize, standardizeValue } from "./standardize.ts";
import type { TrainedVae } from "./trained_vae.ts";

export interface RowScorer {
  /**
   * A score for each row, and its raw contributions `[rows, columns]`, whose sum it is.
   * @throws RangeError naming a row whose score is not finite
   */
  scoreCells(cells: Cells): { scores: Float64Array; raw: Float64Array };
  /** The same for one row, without allocating; the contributions go to `raw`. */
  scoreRow(row: ArrayLike<number>, raw: Float64Array): number;
  dispose(): void;
}

export class VaeRowScorer implements RowScorer {
  readonly #vae: TrainedVae;
  readonly #standardization: Standardization;

  constructor(vae: TrainedVae, standardization: Standardization) {
    this.#vae = vae;
    this.#standardization = standardization;
  }

  scoreCells(cells: Cells): { scores: Float64Array; raw: Float64Array } {
    const x = standardize(cells, this.#standardization);
    return rawScores(x, this.#vae.costs(x));
  }

  scoreRow(row: ArrayLike<number>, raw: Float64Array): number {
    const single = this.#vae.single(), { x } = single;
    for (let c = 0; c < row.length; c++) {
      x[c] = Math.fround(standardizeValue(row[c], this.#standardization, c));
    }
    single.run();
    return requireFiniteScore(rawContributions(x, single.cost, single.kl, raw));
  }

  /** The VAE is the caller's. */
  dispose(): void {}
}
