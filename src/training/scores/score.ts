/** What a named score is. */
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { OnHost } from "../../trained/on_host.ts";

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

/** What a score is told that is told nothing. */
export const SETTINGS: ScoreSettings = { samples: 100, columns: 3, steps: 200, seed: 0 };

/** One way to score rows; higher is stranger. */
export interface NamedScore {
  /** Whether it compares with rows that are known to be normal. */
  readonly needsReference?: boolean;
  /**
   * @param x         rows as `toRows` gives them
   * @param reference such rows, where it needs them
   */
  of(model: OnHost, x: Matrix, settings: ScoreSettings, reference: Matrix): Float64Array;
}

/** Sums over the columns of each row. */
export function rowSums({ data, shape: [rows, columns] }: Matrix): Float64Array {
  const sums = new Float64Array(rows);
  for (let i = 0; i < data.length; i++) sums[Math.floor(i / columns)] += data[i];
  return sums;
}
