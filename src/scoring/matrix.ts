/**
 * Rows of numbers as users hand them over, brought to one shape: row-major with a known width.
 */
import { show } from "../core/validate.ts";

/** `[rows, columns]`, row-major. */
export interface Matrix {
  /** Values. */
  readonly data: Float32Array;
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
}

/** What calls accept as rows: arrays of numbers, or a matrix. */
export type Rows =
  | readonly ArrayLike<number>[]
  | { readonly data: Float32Array | Float64Array; readonly shape: readonly [number, number] };

/** The largest magnitude that float32 holds. */
export const MAX_FLOAT32 = 3.4028234663852886e38;

/**
 * A matrix of exactly `columns` columns; data that already is one is not copied.
 * @throws TypeError or RangeError naming row and column, 1-based, for a wrong width or a value that
 *   is not a finite float32
 */
export function toMatrix(rows: Rows, columns: number): Matrix {
  const matrix = Array.isArray(rows)
    ? fromArrays(rows, columns)
    : fromTyped(rows as Typed, columns);
  const { data } = matrix;
  for (let i = 0; i < data.length; i++) {
    if (!(Math.abs(data[i]) <= MAX_FLOAT32)) throw notFinite(i, columns, data[i]);
  }
  return matrix;
}

type Typed = {
  readonly data: Float32Array | Float64Array;
  readonly shape: readonly [number, number];
};

function fromArrays(rows: readonly ArrayLike<number>[], columns: number): Matrix {
  const data = new Float32Array(rows.length * columns);
  rows.forEach((row, r) => {
    const width = (row as ArrayLike<number> | undefined)?.length;
    if (width !== columns) {
      const current = width ?? show(row);
      throw new RangeError(
        `Cannot read row ${r + 1}: expected ${columns} numbers: current value is ${current}`,
      );
    }
    for (let c = 0; c < columns; c++) {
      if (typeof row[c] !== "number") throw notFinite(r * columns + c, columns, row[c]);
      data[r * columns + c] = row[c];
    }
  });
  return { data, shape: [rows.length, columns] };
}

function fromTyped({ data, shape }: Typed, columns: number): Matrix {
  const [rows, width] = shape ?? [];
  if (width !== columns || data.length !== rows * width) {
    throw new RangeError(
      `Cannot read rows: expected ${columns} columns: current value is shape [${rows}, ${width}] over ${data?.length} numbers`,
    );
  }
  return {
    data: data instanceof Float32Array ? data : Float32Array.from(data),
    shape: [rows, width],
  };
}

function notFinite(index: number, columns: number, value: unknown): TypeError {
  const row = Math.floor(index / columns) + 1, column = (index % columns) + 1;
  return new TypeError(
    `Cannot read row ${row}, column ${column}: expected a finite number: current value is ${
      show(value)
    }`,
  );
}
