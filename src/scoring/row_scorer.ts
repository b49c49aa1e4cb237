/**
 * The interface that scores rows of cells, implemented for a single network (`network_scorer.ts`) and an ensemble
 * (`ensemble/ensemble_scorer.ts`). `TableScorer` adds what both share: p-values, series, the file.
 */
import type { CellFault } from "../trained/rows/data_rule.ts";
import type { Matrix } from "../trained/rows/matrix.ts";
import type { SampleOptions } from "../trained/calls/sampling.ts";
import type { Cells } from "./table/cells.ts";

/** Scores of rows, nats, and the contributions of columns before they are related to a typical row. */
export interface RawScores {
  readonly scores: Float64Array;
  /** `[rows, columns]`; each row sums to its score. */
  readonly raw: Float64Array;
}

export interface RowScorer {
  /** Number of networks that score a row. */
  readonly networks: number;
  /** Whether the VAE accepts the rows that `toVae` makes from rows with missing cells. */
  readonly takesMissing: boolean;
  /** @throws RowError for a cell that is not accepted, NotFiniteError for a row whose score is not finite */
  scoreCells(cells: Cells): RawScores;
  /** Scores one row, without allocating if no cell is missing; the contributions go to `raw`. Cells are not checked. */
  scoreRow(row: ArrayLike<number>, raw: Float64Array): number;
  /** Cells as inputs of the VAE; for an ensemble, in its first view. */
  toVae(cells: Cells): Matrix;
  /** Outputs of the VAE in the columns and units of the table; times cannot be mapped back and are NaN. */
  fromVae(matrix: Matrix): Cells;
  /** New rows, `first` to `first + count - 1` of those that the seed determines. */
  draw(first: number, count: number, options: SampleOptions): Cells;
  /** The first cell that the likelihood does not accept. */
  findFault(cells: Cells): CellFault | undefined;
  /** ln |ds/dx| for each row x of cells and the VAE's row s, nats. */
  logJacobians(cells: Cells): Float64Array;
  /** Frees its own memory, not the VAE's. */
  dispose(): void;
}
