/**
 * Checks that results are finite: comparisons with NaN are always false, so it would pass for normal. A row far outside
 * the training data can overflow float32; it is rejected as soon as its result is computed.
 */

/** The largest magnitude that float32 holds. */
export const MAX_FLOAT32 = 3.4028234663852886e38;

/** A row whose result is not finite. */
export class NotFiniteError extends RangeError {
  /** For messages. */
  override readonly name: string = "NotFiniteError";
  /** What could not be done with the row: "score". */
  declare readonly action: string;
  /** The row number, from 1; absent if the row was scored by itself. */
  declare readonly row?: number;
  /** The result. */
  declare readonly value: number;

  /**
   * Creates the error.
   * @param row its number, from 1
   */
  constructor(action: string, value: number, row?: number) {
    const what = `${action} row${row ? ` ${row}` : ""}`;
    super(`Cannot ${what}: the result must be a finite float32, got ${value}`);
    this.action = action;
    this.row = row;
    this.value = value;
  }
}

/** Typed arrays are searched by built-in methods, many times faster than a loop in a process that has just started. */
export function areFinite(values: ArrayLike<number>, largest = Number.MAX_VALUE): boolean {
  if (values instanceof Float32Array && largest >= MAX_FLOAT32) {
    return !values.includes(NaN) && !values.includes(Infinity) && !values.includes(-Infinity);
  }
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i]) <= largest)) return false;
  }
  return true;
}

/**
 * Whether all values are finite, for checks in every call: once compiled, this loop takes a fraction of the time of
 * `areFinite`. A float64 sum of float32 numbers is finite if and only if all of them are. There are four sums because
 * additions wait for one another, and because V8 would compile a shorter function into its callers with Maglev, and
 * leave it there, five times as slow.
 */
export function haveFiniteSum(values: Float32Array): boolean {
  let a = 0, b = 0, c = 0, d = 0, i = 0;
  for (; i < values.length - 3; i += 4) {
    a += values[i];
    b += values[i + 1];
    c += values[i + 2];
    d += values[i + 3];
  }
  for (; i < values.length; i++) a += values[i];
  return Number.isFinite(a + b + c + d);
}

/** @throws RangeError if a score written to `out[0]` would be lost: the array is empty or was transferred */
export function requireRoom(out: Float32Array | Float64Array): void {
  if (out.length < 1) throw new RangeError("Cannot score row: out is empty");
}

/** @throws NotFiniteError naming the row, which counts from 1 */
export function requireFiniteScore(score: number, row?: number): number {
  if (Math.abs(score) < Infinity) return score;
  throw new NotFiniteError("score", score, row);
}

/**
 * Checks a matrix of results with `columns` columns.
 * @param first index of the first row
 * @throws NotFiniteError naming the row
 */
export function requireFiniteRows(
  action: string,
  values: ArrayLike<number>,
  columns: number,
  first = 0,
): void {
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]) < Infinity) continue;
    throw new NotFiniteError(action, values[i], first + Math.floor(i / columns) + 1);
  }
}
