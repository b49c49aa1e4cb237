/**
 * Results must be finite: NaN compares with nothing and would pass for normal. A row far beyond the
 * training data can overflow float32; it is refused where its result arises.
 */

/** The largest magnitude that float32 holds. */
export const MAX_FLOAT32 = 3.4028234663852886e38;

/** A row whose result is beyond the numbers of the model. */
export class NotFiniteError extends RangeError {
  /** For messages. */
  override readonly name: string = "NotFiniteError";
  /** The row as a person counts, from 1; absent where one row came by itself. */
  readonly row?: number;
  /** What the result was. */
  readonly value: number;

  /**
   * Says what could not be done with which row.
   * @param index of the row, from 0
   */
  constructor(action: string, value: number, index?: number) {
    const row = index === undefined ? undefined : index + 1;
    super(
      `Cannot ${action} row${
        row === undefined ? "" : ` ${row}`
      }: the result is beyond the numbers of the model, got ${value}`,
    );
    this.row = row;
    this.value = value;
  }
}

/** The host searches arrays of its own many times faster than a loop runs in a process that has just begun. */
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
 * Whether all are finite, for what is asked at every call: once compiled, a loop takes a quarter of `areFinite`'s time.
 * A sum in float64 of float32 numbers is finite just where all of them are.
 */
export function haveFiniteSum(values: Float32Array): boolean {
  let even = 0, odd = 0;
  const pairs = values.length & ~1;
  for (let i = 0; i < pairs; i += 2) {
    even += values[i];
    odd += values[i + 1];
  }
  if (pairs < values.length) even += values[pairs];
  return Number.isFinite(even + odd);
}

/** @throws RangeError where a score written to `out[0]` would be lost: an array of no length, or one that was transferred */
export function requireRoom(out: Float32Array | Float64Array): void {
  if (out.length < 1) throw new RangeError("Cannot score row: out has no room");
}

/** @throws NotFiniteError naming the row, `index` from 0 */
export function requireFiniteScore(score: number, index?: number): number {
  if (Math.abs(score) < Infinity) return score;
  throw new NotFiniteError("score", score, index);
}

/**
 * Checks a matrix of results, `columns` wide.
 * @param first the index of the first of its rows
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
    throw new NotFiniteError(action, values[i], first + Math.floor(i / columns));
  }
}
