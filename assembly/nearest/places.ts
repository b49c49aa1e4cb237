/** Where a search keeps what it works on: in the place of packed A and B, as no product is under way. */
import { packedA, packedB } from "../workspace";

/** Bytes of a tile, 4 rows × 8 columns. */
export const TILE: usize = 128;
/** Columns of a group, and bytes of its tiles. */
export const GROUP: i32 = 32;
export const GROUP_BYTES: usize = 512;
/** The most columns, and groups of them. */
const MAX_COLUMNS: i32 = 2048, MAX_GROUPS: i32 = MAX_COLUMNS / GROUP;
/** Rows that are brought into an order. */
export const SPAN: i32 = 64;
/** What passes a bound is gathered up to this; the smallest of it then make room. */
export const MOST: i32 = 64;

const ROWS: usize = 4 * 4 * MAX_COLUMNS; // behind the tiles of four rows
const NUMBERS: usize = ROWS + 4 * 1024;
const COLUMNS: usize = NUMBERS + 4 * 4 * MOST;
const RANKS: usize = COLUMNS + 4 * 4 * MOST;
const HELD: usize = RANKS + 4 * MOST;
const GROUPS: usize = HELD + 16;
const MINIMA: usize = GROUPS + 4 * MAX_GROUPS;
const SORTED: usize = MINIMA + 64 * MAX_GROUPS;
const ORDER: usize = SORTED + 256;

// Behind what `smallest.ts` keeps in packed B, and behind a direction's panel.
const ORDERED: usize = 16 * 1024;
const ALONG: usize = 128 * 1024;

/** The tiles of four rows, those of one group behind those of another. */
@inline
export function tilesAt(): usize {
  return packedA();
}

/** Four rows, [inner][4]. */
@inline
export function rowsAt(): usize {
  return packedA() + ROWS;
}

/** What was gathered of a row: numbers, and their columns. */
@inline
export function numbersAt(row: i32): usize {
  return packedA() + NUMBERS + <usize>row * 4 * MOST;
}

@inline
export function columnsAt(row: i32): usize {
  return packedA() + COLUMNS + <usize>row * 4 * MOST;
}

/** How many of some numbers come before each. */
@inline
export function ranksAt(): usize {
  return packedA() + RANKS;
}

/** How many were gathered, of each of four rows. */
@inline
export function heldAt(): usize {
  return packedA() + HELD;
}

/** Which groups of columns the tiles are of. */
@inline
export function groupsAt(): usize {
  return packedA() + GROUPS;
}

/** Of each of these groups the least of every lane: four vectors. */
@inline
export function minimaAt(): usize {
  return packedA() + MINIMA;
}

/** Their smallest in order. */
@inline
export function sortedAt(): usize {
  return packedA() + SORTED;
}

/** Which row of a span is where, from one end of the direction to the other. */
@inline
export function orderAt(): usize {
  return packedA() + ORDER;
}

/** These rows, in packed B. */
@inline
export function orderedAt(): usize {
  return packedB() + ORDERED;
}

/** How far each row is along the direction; there as well. */
@inline
export function alongAt(): usize {
  return packedB() + ALONG;
}
