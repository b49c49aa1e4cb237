/** Memory layout of a search. It reuses the space of packed A and B, because no product is running. */
import { packedA, packedB } from "../workspace";

/** Bytes of a tile, 4 rows × 8 columns. */
export const TILE_BYTES: usize = 128;
/** Columns of a group, and bytes of its tiles. */
export const GROUP_COLUMNS: i32 = 32;
export const GROUP_BYTES: usize = 512;
/** Maximum number of columns, and of groups. */
const MAX_COLUMNS: i32 = 2048, MAX_GROUPS: i32 = MAX_COLUMNS / GROUP_COLUMNS;
/** Rows that are sorted together. */
export const SPAN_ROWS: i32 = 64;
/** Maximum number of gathered elements per row; when it is reached, only the smallest are kept. */
export const MAX_GATHERED: i32 = 64;

const ROWS: usize = 4 * 4 * MAX_COLUMNS; // after the tiles of four rows
const NUMBERS: usize = ROWS + 4 * 1024;
const COLUMNS: usize = NUMBERS + 4 * 4 * MAX_GATHERED;
const RANKS: usize = COLUMNS + 4 * 4 * MAX_GATHERED;
const COUNTS: usize = RANKS + 4 * MAX_GATHERED;
const GROUPS: usize = COUNTS + 16;
const MINIMA: usize = GROUPS + 4 * MAX_GROUPS;
const SORTED: usize = MINIMA + 64 * MAX_GROUPS;
const ORDER: usize = SORTED + 256;

// After what `smallest.ts` keeps in packed B, and after the panel of a direction.
const ORDERED: usize = 16 * 1024;
const PROJECTIONS: usize = 128 * 1024;

/** The tiles of four rows, group by group. */
@inline
export function tilesAt(): usize {
  return packedA();
}

/** Four rows, [inner][4]. */
@inline
export function rowsAt(): usize {
  return packedA() + ROWS;
}

/** The gathered elements of a row: numbers, and their columns. */
@inline
export function numbersAt(row: i32): usize {
  return packedA() + NUMBERS + <usize>row * 4 * MAX_GATHERED;
}

@inline
export function columnsAt(row: i32): usize {
  return packedA() + COLUMNS + <usize>row * 4 * MAX_GATHERED;
}

/** The rank of each gathered number. */
@inline
export function ranksAt(): usize {
  return packedA() + RANKS;
}

/** The number of gathered elements for each of four rows. */
@inline
export function countsAt(): usize {
  return packedA() + COUNTS;
}

/** The group of columns of each set of tiles. */
@inline
export function groupsAt(): usize {
  return packedA() + GROUPS;
}

/** The lane minima of each group: four vectors. */
@inline
export function minimaAt(): usize {
  return packedA() + MINIMA;
}

/** The smallest of these minima, sorted. */
@inline
export function sortedAt(): usize {
  return packedA() + SORTED;
}

/** The order of a span's rows along the direction. */
@inline
export function orderAt(): usize {
  return packedA() + ORDER;
}

/** The rows in that order, in packed B. */
@inline
export function orderedAt(): usize {
  return packedB() + ORDERED;
}

/** The projection of each row on the direction, also in packed B. */
@inline
export function projectionsAt(): usize {
  return packedB() + PROJECTIONS;
}
