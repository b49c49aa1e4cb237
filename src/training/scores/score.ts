/** The interface of a named score. */
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { OnHost } from "../../trained/on_host.ts";

/** Settings of the scores. */
export interface ScoreSettings {
  /** Draws of z per row, for scores that need them. Default: 100. */
  readonly samples: number;
  /** For "worstColumns": number of columns that count. Default: 3. */
  readonly columns: number;
  /** For "regret": number of refinement steps. Default: 200. */
  readonly steps: number;
  /** Fixes the draws. Default: 0. */
  readonly seed: number;
}

/** The default settings. */
export const SETTINGS: ScoreSettings = { samples: 100, columns: 3, steps: 200, seed: 0 };

/** A method of scoring rows; higher is more anomalous. */
export interface NamedScore {
  /** Whether it needs reference rows known to be normal. */
  readonly needsReference?: boolean;
  /**
   * @param x         rows from `toRows`
   * @param reference reference rows in the same form, if it needs them
   */
  of(model: OnHost, x: Matrix, settings: ScoreSettings, reference: Matrix): Float64Array;
}

/** Sums over the columns of each row. */
export function rowSums({ data, shape: [rows, columns] }: Matrix): Float64Array {
  const sums = new Float64Array(rows);
  for (let i = 0; i < data.length; i++) sums[Math.floor(i / columns)] += data[i];
  return sums;
}
