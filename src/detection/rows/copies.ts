/**
 * Detects copies of rows, as a join or a file read twice produces them. A copy in the calibration set of a row in the
 * training set is not a new row: its score is too low, and so are all p-values that depend on it. Copies are therefore
 * removed, and all guarantees refer to the distinct rows.
 *
 * Equal rows need not be copies: in tables with few distinct values rows repeat by chance, and will in later data.
 * These are kept. Equal rows count as copies if
 *
 *   both   halves of the columns each identify 95 % of the distinct rows: rows that agree by chance in all columns
 *          would agree in one half much more often
 *   many   5 % of the rows repeat another: fewer change no rate by more than a twentieth of itself
 *
 * A row ten times as frequent as the median is a genuine value of the table, such as all zeros for a device that is
 * off: its share among the remaining rows stays the same.
 */
import { lowerMedian } from "../../core/sorted.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { MIN_ROWS } from "../calibrate.ts";
import { RowSet } from "./row_set.ts";
import { takeCells } from "../../scoring/table/take_cells.ts";

/** The share of the distinct rows that each half of the columns must identify. */
const MIN_IDENTIFIED_SHARE = 0.95;

/** The share of repeated rows from which copies are looked for. */
const MIN_COPY_SHARE = 0.05;

/** A row more than this many times as frequent as the median is not a copy. */
const FREQUENCY_RATIO = 10;

/** The share of repeated rows, copies or not, that is worth a warning. */
const MIN_WARNING_SHARE = 0.2;

/** Rows whose values decide how columns are divided into halves. */
const SAMPLED_ROWS = 1000;

/** A table without copies. */
export interface Deduplicated {
  readonly cells: Cells;
  /** Warnings about repeated rows. */
  readonly warnings: readonly string[];
}

/** Removes the copies of a table. */
export function withoutCopies(cells: Cells, columns: number): Deduplicated {
  const { first, counts, distinct } = groupsOf(cells, columns);
  const share = 1 - distinct.length / cells.rows;
  const kept = share > 0 ? keptOf({ first, counts, distinct }, cells, columns) : undefined;
  const statement = `${Math.round(100 * share)} % of the rows repeat another`;
  if (kept) {
    const warning =
      `${statement} and are taken for copies, which count once: ${kept.length} rows train and calibrate`;
    return { cells: takeCells(cells, columns, kept), warnings: [warning] };
  }
  return {
    cells,
    warnings: share < MIN_WARNING_SHARE
      ? []
      : [`${statement}: p-values hold only if later rows repeat them as often`],
  };
}

interface Groups {
  /** For each row, the first row equal to it. */
  readonly first: Uint32Array;
  /** For each such first row, the number of rows equal to it. */
  readonly counts: Uint32Array;
  /** The first rows, ascending. */
  readonly distinct: Uint32Array;
}

function groupsOf(cells: Cells, columns: number): Groups {
  const { rows } = cells, rowSet = new RowSet(cells, columns, Array(columns).keys());
  const first = new Uint32Array(rows), counts = new Uint32Array(rows);
  const distinct = new Uint32Array(rows);
  let distinctCount = 0;
  for (let r = 0; r < rows; r++) {
    const group = first[r] = rowSet.findOrAdd(r);
    if (group === r) distinct[distinctCount++] = r;
    counts[group]++;
  }
  return { first, counts, distinct: distinct.subarray(0, distinctCount) };
}

/** The rows that remain if equal rows are copies; undefined if they are not. */
function keptOf(
  { first, counts, distinct }: Groups,
  cells: Cells,
  columns: number,
): Uint32Array | undefined {
  const frequencies = distinct.map((row) => counts[row]).sort();
  const maxCount = FREQUENCY_RATIO * lowerMedian(frequencies);
  const ordinaryCounts = frequencies.filter((count) => count <= maxCount);
  const rows = ordinaryCounts.reduce((sum, count) => sum + count, 0);
  if (distinct.length < MIN_ROWS || 1 - ordinaryCounts.length / rows < MIN_COPY_SHARE) {
    return undefined;
  }
  const halves = halvesOf(cells, columns, distinct);
  if (!halves.every((half) => identifiesRows(cells, columns, distinct, half))) return undefined;
  const copies = rows / ordinaryCounts.length, seenInGroup = new Uint32Array(cells.rows);
  return Uint32Array.from(first.keys()).filter((r) => {
    const group = first[r], place = seenInGroup[group]++;
    return place < (counts[group] > maxCount ? Math.round(counts[group] / copies) : 1);
  });
}

/**
 * Splits the columns into halves, alternating from the column with the most distinct values to the one with the fewest.
 */
function halvesOf({ data }: Cells, columns: number, distinct: Uint32Array): number[][] {
  const sampled = distinct.subarray(0, SAMPLED_ROWS);
  const values = Array.from(
    { length: columns },
    (_, c) => new Set([...sampled].map((row) => data[row * columns + c])).size,
  );
  const order = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
  return [0, 1].map((half) => order.filter((_, i) => i % 2 === half));
}

/** Whether nearly all distinct rows are unique in these columns. */
function identifiesRows(
  cells: Cells,
  columns: number,
  distinct: Uint32Array,
  half: readonly number[],
): boolean {
  const rowSet = new RowSet(cells, columns, half),
    maxShared = (1 - MIN_IDENTIFIED_SHARE) * distinct.length;
  const rowsWith = new Uint32Array(cells.rows);
  let shared = 0;
  for (const row of distinct) {
    const count = ++rowsWith[rowSet.findOrAdd(row)];
    shared += count === 1 ? 0 : count === 2 ? 2 : 1;
    if (shared > maxShared) return false;
  }
  return true;
}
