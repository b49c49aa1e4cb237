/** Rows as a caller passes them to the client. */

/** A cell: a number, a text as the column's format writes it, or a level; null is missing. */
export type ClientCell = number | string | boolean | null;

/** Rows by position, or objects with a {@link ClientCell} for every column: of any type, as for `TableRows`. */
export type ClientRows = readonly (readonly ClientCell[])[] | readonly object[];

/** Rows of float32, row-major. */
export interface FloatRows {
  /** Values. */
  readonly data: Float32Array;
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
}
