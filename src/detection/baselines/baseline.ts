/**
 * A simple detector without a network, for comparison with ours: it is fitted to rows and scores rows. A higher score
 * is more anomalous; different baselines have different units.
 */
import type { Matrix } from "../../trained/rows/matrix.ts";

/**
 * Scores rows: one score each, `[rows]`.
 * @param own for each row, the training row that it is, or -1; a row is never its own neighbour
 */
export type RowScores = (rows: Matrix, ownRows?: Int32Array) => Float64Array;

/** Fits a baseline to standardised rows `[rows, columns]`. */
export type Baseline = (training: Matrix) => RowScores;
