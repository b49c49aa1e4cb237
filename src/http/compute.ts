/**
 * A verb's numbers for all rows of a request, taken in parts between which others get their turn.
 */
import { NotFiniteError } from "../scoring/finite.ts";
import type { Cells } from "../scoring/standardize.ts";
import { isBlank, notFinite, type Numbers } from "./answers.ts";
import type { Pace } from "./pace.ts";
import type { Work } from "./verbs.ts";

/** A part is one run of the model's programs at least, and of narrow rows as many as some milliseconds. */
const LEAST_PART = 128, MOST_PART = 2048, PART_NUMBERS = 1 << 16;

/** Rows of one part, for rows with so many cells or answers. */
function partOf(width: number): number {
  return Math.min(MOST_PART, Math.max(LEAST_PART, Math.floor(PART_NUMBERS / width)));
}

/**
 * @param cells rows as the verb reads them; no cells, and a number of rows, for a verb without rows
 * @param firstRow the index of the first row, where the rows are a part of more
 * @throws Problem naming the row for which a number is not finite
 */
export async function compute(
  work: Work,
  { data, rows }: Cells,
  pace: Pace,
  firstRow = 0,
): Promise<Numbers> {
  const width = data.length / rows, columns = work.columns.length;
  const most = partOf(Math.max(width, columns));
  const numbers = new Float64Array(rows <= most ? 0 : rows * columns);
  for (let first = 0; first < rows; first += most) {
    if (first > 0) await pace.breathe();
    const count = Math.min(most, rows - first);
    const part = { data: data.subarray(first * width, (first + count) * width), rows: count };
    const made = await work.run(part, firstRow + first, pace).catch((error: unknown) => {
      if (!(error instanceof NotFiniteError)) throw error;
      // A row that came by itself has no number.
      const r = first + (error.row ?? 1) - 1;
      throw notFinite(r, pointerOf(data, r));
    });
    const bad = firstNotFinite(made, columns, work.blanks);
    if (bad >= 0) {
      const r = first + Math.floor(bad / columns);
      throw notFinite(r, pointerOf(data, r));
    }
    if (rows <= most) return { data: made, rows, columns, blanks: work.blanks };
    numbers.set(made, first * columns);
  }
  return { data: numbers, rows, columns, blanks: work.blanks };
}

/** The index of the first number that is not finite where one must be; -1. */
function firstNotFinite(
  values: Float64Array,
  columns: number,
  blanks?: readonly boolean[],
): number {
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]) < Infinity || isBlank(values[i], i % columns, blanks)) continue;
    return i;
  }
  return -1;
}

/** What to blame for a row of the answer: the row, or where none was given, their number. */
function pointerOf({ length }: Float64Array, r: number): string {
  return length > 0 ? `/rows/${r}` : "/count";
}
