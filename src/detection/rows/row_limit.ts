/** How many rows of a table are used for training at most, and which (ADR 67); known before any row is read. */
import type { RowSampleOptions } from "../../formats/sample/row_sample.ts";
import type { DetectorOptions } from "../options.ts";

/** More rows do not improve an ensemble: it is fitted to 48,000 and calibrates on at most 10,000. */
const MAX_ROWS = 1_000_000;

/** Half a gibibyte. */
const MAX_CELLS = 2 ** 26;

/** The default maximum number of rows for a number of columns. */
export function defaultMaxRows(columns: number): number {
  return Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_CELLS / columns)));
}

/** Options of the sample: which rows remain. @param by the column that tells series apart */
export function sampleOptions(
  { maxRows, seed, window }: Pick<DetectorOptions, "maxRows" | "seed" | "window">,
  by?: string,
): RowSampleOptions {
  return {
    maxRows: (columns) => maxRows ?? defaultMaxRows(columns),
    seed,
    latest: window !== undefined,
    ...(by !== undefined && { by }),
  };
}
