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
import type { Cells } from "../scoring/table/cells.ts";
import { MIN_ROWS } from "./calibrate.ts";
import { EqualRows } from "./equal_rows.ts";
import { takeCells } from "./take_cells.ts";

/** The share of the distinct rows that each half of the columns must identify. */
const TOLD_APART = 0.95;

/** The share of repeated rows from which copies are looked for. */
const MANY = 0.05;

/** A row more than this many times as frequent as the median is not a copy. */
const FREQUENT = 10;

/** The share of repeated rows, copies or not, that is worth a warning. */
const WORTH_A_WORD = 0.2;

/** Rows whose values decide how columns are divided into halves. */
const LOOKED_AT = 1000;

/** Whether a warning is about repeated rows. */
export function isOfRepeats(warning: string): boolean {
  return warning.includes(REPEAT);
}

const REPEAT = "of the rows repeat another";

/** A table without copies. */
export interface Uncopied {
  readonly cells: Cells;
  /** Warnings about repeated rows. */
  readonly warnings: readonly string[];
}

/** Removes the copies of a table. */
export function withoutCopies(cells: Cells, columns: number): Uncopied {
  const { first, counts, distinct } = groupsOf(cells, columns);
  const share = 1 - distinct.length / cells.rows;
  const kept = share > 0 ? keptOf({ first, counts, distinct }, cells, columns) : undefined;
  const said = `${Math.round(100 * share)} % ${REPEAT}`;
  if (kept) {
    const warning =
      `${said} and are taken for copies, which count once: ${kept.length} rows train and calibrate`;
    return { cells: takeCells(cells, columns, kept), warnings: [warning] };
  }
  return {
    cells,
    warnings: share < WORTH_A_WORD
      ? []
      : [`${said}: p-values hold only if later rows repeat them as often`],
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
  const { rows } = cells, met = new EqualRows(cells, columns, Array(columns).keys());
  const first = new Uint32Array(rows), counts = new Uint32Array(rows);
  const distinct = new Uint32Array(rows);
  let different = 0;
  for (let r = 0; r < rows; r++) {
    const own = first[r] = met.meet(r);
    if (own === r) distinct[different++] = r;
    counts[own]++;
  }
  return { first, counts, distinct: distinct.subarray(0, different) };
}

/** The rows that remain if equal rows are copies; undefined if they are not. */
function keptOf(
  { first, counts, distinct }: Groups,
  cells: Cells,
  columns: number,
): Uint32Array | undefined {
  const frequencies = distinct.map((row) => counts[row]).sort();
  const most = FREQUENT * frequencies[(frequencies.length - 1) >> 1];
  const usual = frequencies.filter((count) => count <= most);
  const rows = usual.reduce((sum, count) => sum + count, 0);
  if (distinct.length < MIN_ROWS || 1 - usual.length / rows < MANY) return undefined;
  const halves = halvesOf(cells, columns, distinct);
  if (!halves.every((half) => tellsApart(cells, columns, distinct, half))) return undefined;
  const copies = rows / usual.length, seen = new Uint32Array(cells.rows);
  return Uint32Array.from(first.keys()).filter((r) => {
    const own = first[r], place = seen[own]++;
    return place < (counts[own] > most ? Math.round(counts[own] / copies) : 1);
  });
}

/**
 * Splits the columns into halves, alternating from the column with the most distinct values to the one with the fewest.
 */
function halvesOf({ data }: Cells, columns: number, distinct: Uint32Array): number[][] {
  const looked = distinct.subarray(0, LOOKED_AT);
  const values = Array.from(
    { length: columns },
    (_, c) => new Set([...looked].map((row) => data[row * columns + c])).size,
  );
  const order = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
  return [0, 1].map((half) => order.filter((_, i) => i % 2 === half));
}

/** Whether nearly all distinct rows are unique in these columns. */
function tellsApart(
  cells: Cells,
  columns: number,
  distinct: Uint32Array,
  half: readonly number[],
): boolean {
  const met = new EqualRows(cells, columns, half), most = (1 - TOLD_APART) * distinct.length;
  const rowsWith = new Uint32Array(cells.rows);
  let shared = 0;
  for (const row of distinct) {
    const count = ++rowsWith[met.meet(row)];
    shared += count === 1 ? 0 : count === 2 ? 2 : 1;
    if (shared > most) return false;
  }
  return true;
}
