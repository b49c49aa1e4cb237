/**
 * Categories of reference rows as codes: a feature of a category has one value where its level is on and another where
 * it is off, and one of them is on, so a byte a row says them all (`detection/ensemble/code_levels.ts`).
 */
import type { Feature } from "../views/view.ts";

/** Reference rows `[R, F]` in two parts. */
export interface CodedRows {
  /** The columns of the table that are coded. */
  readonly columns: readonly number[];
  /** `[R, columns]`: which of the column's features is on. */
  readonly codes: Uint8Array;
  /** `[2, features of these columns]`: the values of a feature that is off, then of one that is on. */
  readonly marks: Float32Array;
  /** `[R, other features]` */
  readonly rest: Float32Array;
}

/** Indices of the features of each coded column, and of all others. */
export function placesOf(features: readonly Feature[], columns: readonly number[]) {
  const of = (isOne: (column: number) => boolean) =>
    features.flatMap(({ column }, f) => isOne(column) ? [f] : []);
  return {
    coded: columns.map((column) => of((each) => each === column)),
    rest: of((each) => !columns.includes(each)),
  };
}

export function decodeLevels(
  { columns, codes, marks, rest }: CodedRows,
  features: readonly Feature[],
  count: number,
): Float32Array {
  const width = features.length, places = placesOf(features, columns), half = marks.length / 2;
  const rows = new Float32Array(count * width);
  for (let r = 0, i = 0; r < count; r++) {
    let mark = 0;
    places.coded.forEach((own, c) =>
      own.forEach((f, k) => {
        const isOn = codes[r * columns.length + c] === k;
        rows[r * width + f] = marks[mark++ + (isOn ? half : 0)];
      })
    );
    for (const f of places.rest) rows[r * width + f] = rest[i++];
  }
  return rows;
}
