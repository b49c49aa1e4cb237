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
  const all = Array.from({ length: columns }, (_, c) => c);
  const first = new Uint32Array(cells.rows), counts = new Uint32Array(cells.rows);
  const seen = new Map<number, number>(), distinct: number[] = [];
  for (let r = 0; r < cells.rows; r++) {
    const key = keyOf(cells.data, r * columns, all), earlier = seen.get(key);
    const isRepeat = earlier !== undefined && isEqual(cells.data, columns, r, earlier);
    first[r] = isRepeat ? earlier : r;
    if (!isRepeat) distinct.push(r);
    if (earlier === undefined) seen.set(key, r);
    counts[first[r]]++;
  }
  return { first, counts, distinct: Uint32Array.from(distinct) };
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
  { data }: Cells,
  columns: number,
  distinct: Uint32Array,
  half: readonly number[],
): boolean {
  const rowsWith = new Map<number, number>(), most = (1 - TOLD_APART) * distinct.length;
  let shared = 0;
  for (const row of distinct) {
    const key = keyOf(data, row * columns, half), count = (rowsWith.get(key) ?? 0) + 1;
    rowsWith.set(key, count);
    shared += count === 1 ? 0 : count === 2 ? 2 : 1;
    if (shared > most) return false;
  }
  return true;
}

const cell = new Float64Array(1), bits = new Uint32Array(cell.buffer);

/** 53 bits of a row's cells in some columns; equal cells have equal ones. */
function keyOf(data: Float64Array, at: number, columns: readonly number[]): number {
  let a = 0x9e3779b9, b = 0x85ebca6b;
  for (const c of columns) {
    const value = data[at + c];
    // One zero, one NaN.
    cell[0] = Number.isNaN(value) ? NaN : value + 0;
    a = Math.imul(a ^ bits[0], 0x85ebca6b);
    a = Math.imul((a ^ (a >>> 15)) ^ bits[1], 0xc2b2ae35);
    b = Math.imul(b ^ bits[1] ^ (a >>> 13), 0x27d4eb2f);
    b = Math.imul((b ^ (b >>> 16)) ^ bits[0], 0x165667b1);
  }
  return ((a ^ (a >>> 16)) >>> 0) * 2 ** 21 + ((b ^ (b >>> 15)) >>> 11);
}

function isEqual(data: Float64Array, columns: number, a: number, b: number): boolean {
  for (let c = 0; c < columns; c++) {
    const own = data[a * columns + c], other = data[b * columns + c];
    // NaN is NaN here: missing in both.
    if (own !== other && !(Number.isNaN(own) && Number.isNaN(other))) return false;
  }
  return true;
}
