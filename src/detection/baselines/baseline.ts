/**
 * A detector without a network, to print beside ours: fitted to rows, it scores rows. Higher is more
 * anomalous; scores of different baselines have different units.
 */
import type { Matrix } from "../../trained/matrix.ts";

/** One score for each row, `[rows]`. */
export type RowScores = (rows: Matrix) => Float64Array;

/** Fits to standardised rows `[rows, columns]`. */
export type Baseline = (training: Matrix) => RowScores;
