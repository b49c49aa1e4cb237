/** How many rows of a table train at most, and which (ADR 67): known before any is read. */
import type { SampleOptions } from "../formats/sample/row_sample.ts";
import type { DetectorOptions } from "./options.ts";

/** More rows train no ensemble better: it takes 12,000, and calibrates on 10,000 at most. */
const MOST_ROWS = 1_000_000;

/** Half a gibibyte. */
const MOST_CELLS = 2 ** 26;

/** The most rows of so many columns, where nobody says how many. */
export function mostRows(columns: number): number {
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / columns)));
}

/** Which rows stay. */
export function drawOf(
  { maxRows, seed, window }: Pick<DetectorOptions, "maxRows" | "seed" | "window">,
): SampleOptions {
  return {
    most: (columns) => maxRows ?? mostRows(columns),
    seed,
    latest: window !== undefined,
  };
}
