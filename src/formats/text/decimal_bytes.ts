/**
 * The shortest decimal that represents a float64, as bytes: the same as String(), without creating a string. For the
 * usual magnitudes, from 10^-6 to 10^15; all others are written with String().
 *
 *   N = |v| 10^p  with 17 digits before the point, exactly: the product in double-double (Dekker, 1971)
 *   every integer closer to N than half a unit in the last place of v, times 10^p, reads back as v: of these, the
 *   multiple of the largest power of ten and, of several, the one nearest to N (Steele and White, 1990)
 *
 * If the rounding of N's last digits could change the result, the number is left to String() (Ziv, 1991).
 */
import { POWERS, productError } from "./decimal.ts";

const MINUS = 45, POINT = 46, ZERO = 48;

/** Number of digits of N. */
const DIGITS = 17;

/** Closer comparisons are left to String(): N's last eight digits are accurate to 2^-26. */
const UNSURE = 1e-6;

/** Slightly more than 2^-53: |v| times this is at least half a unit in the last place of v. */
const HALF_UNIT = 1.1102230246251568e-16;

/** 00, 01, … 99. */
const PAIRS = Uint8Array.from({ length: 200 }, (_, i) => {
  return ZERO + (i % 2 ? (i >> 1) % 10 : Math.floor((i >> 1) / 10));
});

/** The most bytes of a number. */
export const MAX_DECIMAL_BYTES = 25;

/**
 * Writes a number at `at`, where there must be room for MAX_DECIMAL_BYTES.
 * @returns the position after it
 */
export function writeDecimal(value: number, out: Uint8Array, at: number): number {
  const size = Math.abs(value);
  if (!(size >= 1e-6 && size < 1e15)) return writeText(String(value), out, at);
  const whole = exponentOf(size), scale = POWERS[DIGITS - 1 - whole];
  const high = size * scale, low = productError(size, scale, high);
  // `high` is an integer, and so are its first nine digits times 10^8, and the remainder.
  let first = Math.floor(high / 1e8), rest = high - first * 1e8;
  if (rest < 0) {
    first--;
    rest += 1e8;
  }
  const unit = (size + size * HALF_UNIT) - size;
  const last = shortest(rest + low, unit / 2 * scale);
  // A power of two is closer to the number below it than to the one above.
  if (last < 0 || unit * 2 ** 52 === size) return writeText(String(value), out, at);
  if (last === 1e8) first++;
  if (first === 1e9) return writeText(String(value), out, at);
  if (value < 0) out[at++] = MINUS;
  return writeDigits(first, last === 1e8 ? 0 : last, whole, out, at);
}

/** `writeDecimal` for integers from 0. */
export function writeWhole(value: number, out: Uint8Array, at: number): number {
  if (value >= 2 ** 31) return writeDecimal(value, out, at);
  let digits = 1;
  while (digits < 10 && value >= POWERS[digits]) digits++;
  let left = value | 0;
  for (let i = at + digits - 1; i >= at; i--) {
    const tenth = (left / 10) | 0;
    out[i] = ZERO + left - tenth * 10;
    left = tenth;
  }
  return at + digits;
}

/** Writes text with one byte per character. @returns the position after it */
function writeText(text: string, out: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) out[at++] = text.charCodeAt(i);
  return at;
}

/** n such that 10^n ≤ size < 10^(n + 1). */
function exponentOf(size: number): number {
  let n = 0;
  if (size >= 1) { while (size >= POWERS[n + 1]) n++; }
  // A negative power of ten counts as reached if size is the float64 nearest to it.
  else for (n = -1; size < NEGATIVE_POWERS[-n]; n--);
  return n;
}

/** The float64 nearest to 1, 10^-1, … 10^-7. */
const NEGATIVE_POWERS = Float64Array.from({ length: 8 }, (_, i) => Number(`1e-${i}`));

/**
 * The nearest multiple of the highest power of ten that has one within `half`; -1 if that is not certain.
 * @param value from 0 to 10^8
 */
function shortest(value: number, half: number): number {
  let found = -1;
  for (let step = 1; step <= 1e8; step *= 10) {
    const nearest = Math.round(value / step) * step, off = Math.abs(value - nearest);
    if (off > half + UNSURE) break;
    if (off > half - UNSURE || Math.abs(off - step / 2) < UNSURE) return -1;
    found = nearest;
  }
  return found;
}

/**
 * Writes nine digits and eight, with a point after digit `whole`, counted from 0.
 * @returns the position after the last nonzero digit
 */
function writeDigits(
  first: number,
  last: number,
  whole: number,
  out: Uint8Array,
  at: number,
): number {
  // Before the first digit of 0.001 comes 0.00; otherwise the digits leave room for a point.
  let start = at + 1;
  if (whole < 0) {
    out[at] = ZERO;
    out[at + 1] = POINT;
    for (start = at + 2; whole < -1; whole++) out[start++] = ZERO;
  }
  const top = (first / 1e8) | 0, eight = (first - top * 1e8) | 0;
  out[start] = ZERO + top;
  writeEight(eight, out, start + 1);
  writeEight(last | 0, out, start + 9);
  let end = start + DIGITS;
  if (start === at + 1) {
    for (let i = at; i <= at + whole; i++) out[i] = out[i + 1];
    out[at + whole + 1] = POINT;
  }
  while (out[end - 1] === ZERO) end--;
  return out[end - 1] === POINT ? end - 1 : end;
}

function writeEight(value: number, out: Uint8Array, at: number): void {
  const high = (value / 10_000) | 0, low = value - high * 10_000;
  writeFour(high, out, at);
  writeFour(low, out, at + 4);
}

function writeFour(value: number, out: Uint8Array, at: number): void {
  const high = (value / 100) | 0, low = value - high * 100;
  out[at] = PAIRS[2 * high];
  out[at + 1] = PAIRS[2 * high + 1];
  out[at + 2] = PAIRS[2 * low];
  out[at + 3] = PAIRS[2 * low + 1];
}
