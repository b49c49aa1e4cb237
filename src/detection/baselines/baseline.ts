/**
 * A detector without a network, to print beside ours: fitted to rows, it scores rows. Higher is more
 * anomalous; scores of different baselines have different units.
 */
import type { Matrix } from "../../trained/rows/matrix.ts";

/**
 * One score for each row, `[rows]`.
 * @param own the training row that a row is itself, -1 for none: it is no neighbour of its own
 */
export type RowScores = (rows: Matrix, own?: Int32Array) => Float64Array;

/** Fits to standardised rows `[rows, columns]`. */
export type Baseline = (training: Matrix) => RowScores;
