/** What a named score is. */
import type { RowEvaluation } from "../../trained/evaluation.ts";
import type { Matrix } from "../../trained/matrix.ts";
import type { GapOptions, Gaps } from "../refinement.ts";

/** What a score may be told. */
export interface ScoreSettings {
  /** Draws of z for each row, where some are taken; 100. */
  readonly samples: number;
  /** Columns that count, of "worstColumns"; 3. */
  readonly columns: number;
  /** Steps of refinement, of "regret"; 200. */
  readonly steps: number;
  /** Fixes the draws; 0. */
  readonly seed: number;
}

/** What a score sees of a model; rows are as `toRows` gives them. */
export interface Scored {
  /** Whether rows end with a mask of the cells that are there. */
  readonly hasMask: boolean;
  /** -ln p(x_d | z) `[rows, D]` and KL `[rows, L]` at z = E[z | x]. */
  costs(x: Matrix): { cost: Matrix; kl: Matrix };
  /** E[x | z] at z = E[z | x]. */
  reconstruct(x: Matrix): Matrix;
  /** E[z | x]. */
  means(x: Matrix): Matrix;
  evaluate(x: Matrix): RowEvaluation;
  gaps(x: Matrix, options: GapOptions): Gaps;
}

/** One way to score rows; higher is stranger. */
export interface NamedScore {
  /** Whether it compares with rows that are known to be normal. */
  readonly needsReference?: boolean;
  /** @param reference such rows, where it needs them */
  of(model: Scored, x: Matrix, settings: ScoreSettings, reference: Matrix): Float64Array;
}

/** Sums over the columns of each row. */
export function rowSums({ data, shape: [rows, columns] }: Matrix): Float64Array {
  const sums = new Float64Array(rows);
  for (let i = 0; i < data.length; i++) sums[Math.floor(i / columns)] += data[i];
  return sums;
}
