/**
 * Categories of reference rows as codes: the features of a category are the point of its level, so a byte a row says
 * them all (`detection/ensemble/code_levels.ts`).
 */
import { type Feature, transformAt } from "../views/view.ts";

/** Reference rows `[R, F]` in two parts. */
export interface CodedRows {
  /** The columns of the table that are coded. */
  readonly columns: readonly number[];
  /** `[R, columns]`: the level of each. */
  readonly codes: Uint8Array;
  /** `[R, other features]` */
  readonly rest: Float32Array;
}

export function decodeLevels(
  { columns, codes, rest }: CodedRows,
  features: readonly Feature[],
  count: number,
): Float32Array {
  const rows = new Float32Array(count * features.length);
  for (let r = 0, to = 0, from = 0; r < count; r++) {
    for (const { column, transform } of features) {
      const c = transform.kind === "point" ? columns.indexOf(column) : -1;
      rows[to++] = c < 0 ? rest[from++] : transformAt(transform, codes[r * columns.length + c]);
    }
  }
  return rows;
}
