/**
 * The shortest decimal that is a float64, as bytes: what String() writes of it, without a text. For the usual numbers,
 * from 10^-6 to 10^15 in size; all others are written as String() has them.
 *
 *   N = |v| 10^p  with 17 digits before the point, exactly: the product in double-double (Dekker, 1971)
 *   every whole number within half a unit in the last place of v, times 10^p, of N reads back as v: of these the
 *   multiple of the largest power of ten, and of several the nearest to N (Steele and White, 1990)
 *
 * Where the rounding of N's last digits could decide, nothing is decided here (Ziv, 1991).
 */
import { POWERS, productError } from "./decimal.ts";

const MINUS = 45, POINT = 46, ZERO = 48;

/** Digits of N. */
const DIGITS = 17;

/** Comparisons closer than this are left to String(): N's last eight digits are held to 2^-26. */
const UNSURE = 1e-6;

/** A little more than 2^-53: |v| times this is half a unit in the last place of v, or more. */
const HALF_UNIT = 1.1102230246251568e-16;

/** 00, 01, … 99. */
const PAIRS = Uint8Array.from({ length: 200 }, (_, i) => {
  return ZERO + (i % 2 ? (i >> 1) % 10 : Math.floor((i >> 1) / 10));
});

/** The most bytes of a number. */
export const MOST_BYTES = 25;

/**
 * Writes a number from `at` on, where there is room for MOST_BYTES.
 * @returns the place behind it
 */
export function writeDecimal(value: number, out: Uint8Array, at: number): number {
  const size = Math.abs(value);
  if (!(size >= 1e-6 && size < 1e15)) return writeText(String(value), out, at);
  const whole = exponentOf(size), scale = POWERS[DIGITS - 1 - whole];
  const high = size * scale, low = productError(size, scale, high);
  // High is whole, and so are its first nine digits times 10^8, and what is left.
  let first = Math.floor(high / 1e8), rest = high - first * 1e8;
  if (rest < 0) {
    first--;
    rest += 1e8;
  }
  const unit = (size + size * HALF_UNIT) - size;
  const last = shortest(rest + low, unit / 2 * scale);
  // A power of two is nearer to the number below it than to the one above.
  if (last < 0 || unit * 2 ** 52 === size) return writeText(String(value), out, at);
  if (last === 1e8) first++;
  if (first === 1e9) return writeText(String(value), out, at);
  if (value < 0) out[at++] = MINUS;
  return writeDigits(first, last === 1e8 ? 0 : last, whole, out, at);
}

/** `writeDecimal` of a whole number from 0 on. */
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

/** Text of one byte a character. @returns the place behind it */
function writeText(text: string, out: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) out[at++] = text.charCodeAt(i);
  return at;
}

/** n, of 10^n ≤ size < 10^(n + 1). */
function exponentOf(size: number): number {
  let n = 0;
  if (size >= 1) { while (size >= POWERS[n + 1]) n++; }
  // Down to 10^-6 the products are not rounded to 1 too early: size has no more digits than they.
  else for (n = -1; size < NEGATIVE_POWERS[-n]; n--);
  return n;
}

/** 1, 10^-1, … 10^-7: the nearest numbers. */
const NEGATIVE_POWERS = Float64Array.from({ length: 8 }, (_, i) => Number(`1e-${i}`));

/**
 * The nearest multiple, of the highest power of ten that has one closer than `half`; -1 where that is not certain.
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
 * Nine digits and eight, with a point behind digit `whole`, counted from 0.
 * @returns the place behind the last that is not 0
 */
function writeDigits(
  first: number,
  last: number,
  whole: number,
  out: Uint8Array,
  at: number,
): number {
  // Before 0.001's first digit: 0.00; else the digits leave room for a point.
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
