/**
 * Comparisons of numbers, with tolerances that have a reason. A NaN in `actual` always fails, infinities must be equal,
 * and a failure prints index, got, want, ULP and tolerance.
 */

import { AssertionError } from "node:assert";

/** One number, or many in any array-like. */
export type Numbers = number | ArrayLike<number>;

/** Unit roundoff of float32: the relative error of one rounded operation is at most this. */
export const F32_UNIT_ROUNDOFF = 2 ** -24;

/**
 * Roundings of a result besides the k of its sum: one for each factor of a product, one for the result, and one for a
 * fused or reordered last step.
 */
const EXTRA_ROUNDINGS = 4;

/**
 * Asserts that float32 sums of `terms` products each are as accurate as float32 sums in any order are: |actual -
 * expected| <= (terms + 4) 2^-24 sum|terms| (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section
 * 4.2, first order).
 * @param sumAbsTerms sum of |term| for each element, or one bound for all
 * @param terms k, the length of the sum
 */
export function assertCloseReduction(
  actual: Numbers,
  expected: Numbers,
  sumAbsTerms: Numbers,
  terms: number,
  what = "reduction",
): void {
  const scale = list(sumAbsTerms);
  const count = list(expected).length;
  if (scale.length !== 1 && scale.length !== count) {
    fail(`${what}: sumAbsTerms has ${scale.length} elements, expected has ${count}`);
  }
  const unit = (terms + EXTRA_ROUNDINGS) * F32_UNIT_ROUNDOFF;
  compare(actual, expected, what, (_, i) => unit * scale[scale.length === 1 ? 0 : i]);
}

/**
 * Asserts that each value lies within `maxUlp` units in the last place of float32 of the expected
 * one. `expected` may be more exact than float32: the distance is a real number, such as 0.7.
 */
export function assertUlp(
  actual: Numbers,
  expected: Numbers,
  maxUlp: number,
  what = "value",
): void {
  compare(actual, expected, what, (want) => maxUlp * ulpOf(want));
}

/**
 * Asserts |actual - expected| <= relative |expected| + absolute.
 * @param absolute for values whose exact result may be zero; say in the test where it comes from
 */
export function assertRelative(
  actual: Numbers,
  expected: Numbers,
  relative: number,
  absolute = 0,
  what = "value",
): void {
  compare(actual, expected, what, (want) => relative * Math.abs(want) + absolute);
}

/**
 * Asserts that two byte strings are the same; a failure names the first byte that differs, where
 * `deepEqual` would print both strings whole.
 */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array, what = "bytes"): void {
  const length = Math.max(actual.length, expected.length);
  for (let i = 0; i < length; i++) {
    if (actual[i] === expected[i]) continue;
    const sizes = `${actual.length} bytes, want ${expected.length}`;
    fail(`${what}: got ${sizes}: first difference at byte ${i}: ${actual[i]}, want ${expected[i]}`);
  }
}

/** Spacing of float32 numbers at `value`: 2^(exponent - 23), of the smallest normal if below it. */
export function ulpOf(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude >= 2 ** -126)) return 2 ** -149;
  let exponent = Math.floor(Math.log2(magnitude)); // may be one off next to a power of two
  if (2 ** exponent > magnitude) exponent--;
  if (2 ** (exponent + 1) <= magnitude) exponent++;
  return 2 ** (Math.min(exponent, 127) - 23);
}

function list(values: Numbers): ArrayLike<number> {
  return typeof values === "number" ? [values] : values;
}

function compare(
  actual: Numbers,
  expected: Numbers,
  what: string,
  toleranceAt: (want: number, index: number) => number,
): void {
  const [got, want] = [list(actual), list(expected)];
  if (got.length !== want.length) {
    fail(`${what}: got ${got.length} elements, want ${want.length}`);
  }
  const misses: string[] = [];
  let count = 0;
  for (let i = 0; i < want.length; i++) {
    const tolerance = toleranceAt(want[i], i);
    if (isClose(got[i], want[i], tolerance)) continue;
    if (count++ < 5) misses.push(describeMiss(i, got[i], want[i], tolerance));
  }
  if (count === 0) return;
  fail(`${what}: ${count} of ${want.length} differ\n${misses.join("\n")}`);
}

function isClose(got: number, want: number, tolerance: number): boolean {
  if (Number.isNaN(got) || Number.isNaN(tolerance)) return false;
  if (got === want || got === Math.fround(want) && !Number.isFinite(got)) return true; // infinities
  return Number.isFinite(got) && Number.isFinite(want) && Math.abs(got - want) <= tolerance;
}

function describeMiss(index: number, got: number, want: number, tolerance: number): string {
  const ulps = Math.abs(got - want) / ulpOf(want);
  return `  [${index}] got ${got}, want ${want}, off by ${Math.abs(got - want).toPrecision(3)} = ` +
    `${ulps.toPrecision(3)} ULP, tolerance ${tolerance.toPrecision(3)}`;
}

function fail(message: string): never {
  throw new AssertionError({ message, operator: "close", stackStartFn: fail });
}
