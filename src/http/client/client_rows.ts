/** Rows as a caller of the client has them. */

/** What a column may take: text or a truth value where it has levels, text for a time; null is missing. */
export type ClientCell = number | string | boolean | null;

/** Rows by position, or by column. */
export type ClientRows =
  | readonly (readonly ClientCell[])[]
  | readonly Readonly<Record<string, ClientCell>>[];

/** Rows of float32, row-major. */
export interface FloatRows {
  /** Values. */
  readonly data: Float32Array;
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
}
