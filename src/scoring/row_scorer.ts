/**
 * What makes scores of rows of cells: one network by itself (`network_scorer.ts`) or an ensemble of them
 * (`ensemble/ensemble_scorer.ts`). `TableScorer` adds what is the same for both: p-values, series, the file.
 */
import type { CellFault } from "../trained/rows/data_rule.ts";
import type { Matrix } from "../trained/rows/matrix.ts";
import type { SampleOptions } from "../trained/calls/sampling.ts";
import type { Cells } from "./table/cells.ts";

/** Scores of rows, nats, and what each column adds to them, before that is related to a typical row. */
export interface RawScores {
  readonly scores: Float64Array;
  /** `[rows, columns]`; each row sums to its score. */
  readonly raw: Float64Array;
}

export interface RowScorer {
  /** Networks that look at a row. */
  readonly networks: number;
  /** Whether `toVae` makes rows that the VAE takes of rows with missing cells. */
  readonly takesMissing: boolean;
  /** @throws RangeError naming row and column of a cell that it cannot take, or a row whose score is not finite */
  scoreCells(cells: Cells): RawScores;
  /** The same for one row, without allocating if it is whole; the contributions go to `raw`. Cells are not checked. */
  scoreRow(row: ArrayLike<number>, raw: Float64Array): number;
  /** Cells as the VAE sees them; of an ensemble, the first of its views. */
  toVae(cells: Cells): Matrix;
  /** What the VAE made, in the columns and units of the table: a time has no way back and is NaN. */
  fromVae(matrix: Matrix): Cells;
  /** New rows, `first` to `first + count - 1` of those that the seed makes. */
  draw(first: number, count: number, options: SampleOptions): Cells;
  /** The first cell that the likelihood cannot take. */
  findFault(cells: Cells): CellFault | undefined;
  /** ln |ds/dx| for each row x of cells and the VAE's row s, nats. */
  logJacobians(cells: Cells): Float64Array;
  /** Gives back what is its own; the VAE is not. */
  dispose(): void;
}
