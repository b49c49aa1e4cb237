/**
 * Rows of a table that are copies of one another, as a join or a file read twice leaves them. A copy that
 * calibrates beside its twin that trains is no new row: its score is low, and every p-value after it too small.
 * So copies count once, and all that is promised is promised of the different rows.
 *
 * Rows may be equal without being copies: tables of few values repeat themselves, and so will later rows. These are
 * left as they are, since single rows, repeated or not, are then drawn alike. Equal rows are taken for copies if
 *
 *   both   halves of the columns, each by itself, tell 95 % of the different rows apart: values that meet by chance
 *          in all columns would meet in half of them much more often
 *   many   5 % of the rows repeat another: fewer make no rate wrong by more than a twentieth of itself
 *
 * A row ten times as frequent as is usual is a value of the table, such as all zeros of what is switched off: it
 * stays as frequent among the rest as it was.
 */
import type { Cells } from "../scoring/table/cells.ts";
import { MIN_ROWS } from "./calibrate.ts";
import { EqualRows } from "./equal_rows.ts";
import { takeCells } from "./take_cells.ts";

/** The share of the different rows that half of the columns must tell apart. */
const TOLD_APART = 0.95;

/** The share of rows that repeat another from which copies are looked for. */
const MANY = 0.05;

/** A row so many times as frequent as the median is no copy. */
const FREQUENT = 10;

/** The share of rows that repeat another, copies or not, that is worth a word. */
const WORTH_A_WORD = 0.2;

/** Rows by which columns are dealt to the halves. */
const LOOKED_AT = 1000;

/** Whether a warning is one of these. */
export function isOfRepeats(warning: string): boolean {
  return warning.includes(REPEAT);
}

const REPEAT = "of the rows repeat another";

/** A table whose copies count once. */
export interface Uncopied {
  readonly cells: Cells;
  /** What to say of rows that repeat another. */
  readonly warnings: readonly string[];
}

/** The same table where no row is a copy. */
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
      : [`${said}: p-values hold where later rows repeat them as often`],
  };
}

interface Groups {
  /** Of each row the first that equals it. */
  readonly first: Uint32Array;
  /** How many equal it, of such a first row. */
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

/** The rows that stay where equal ones are copies; undefined where they are not. */
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

/** The columns, dealt in turn from the one of most values to that of fewest. */
function halvesOf({ data }: Cells, columns: number, distinct: Uint32Array): number[][] {
  const looked = distinct.subarray(0, LOOKED_AT);
  const values = Array.from(
    { length: columns },
    (_, c) => new Set([...looked].map((row) => data[row * columns + c])).size,
  );
  const order = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
  return [0, 1].map((half) => order.filter((_, i) => i % 2 === half));
}

/** Whether nearly all of the different rows have the cells of these columns for themselves. */
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
