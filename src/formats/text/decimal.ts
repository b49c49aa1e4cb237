/**
 * The float64 nearest to a decimal number, from its bytes: the same as Number() of the text, for numbers of up to 19
 * digits and moderate exponents; NaN for all others, which are then left to Number().
 *
 *   up to 15 digits   mantissa and power of ten are exact, so their product or quotient is rounded once (Clinger, 1990)
 *   16 to 19 digits   the quotient in double-double (Dekker, 1971), if its rounding is certain (Ziv, 1991)
 */

const MINUS = 45, PLUS = 43, POINT = 46, ZERO = 48;
const EXPONENT = 101; // "e", and "E" with bit 32 set

/** 10^0 … 10^22: all exact. */
export const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Digits that float64 always represents exactly. */
const EXACT = 15;

/** Veltkamp's factor 2^27 + 1, which splits a float64 into halves. */
const SPLIT = 134_217_729;

/** Bound on the relative error of double-double division, with a margin: 2^-98. */
const ERROR_BOUND = 2 ** -98;

/**
 * @param mark the decimal mark, as a byte
 * @returns the number in bytes[start … stop), or NaN
 */
export function parseDecimal(
  bytes: Uint8Array,
  start: number,
  stop: number,
  mark: number = POINT,
): number {
  let at = start,
    high = 0,
    low = 0,
    digits = 0,
    lowDigits = 0,
    scale = 0,
    hasDigit = false,
    point = false;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  for (; at < stop; at++) {
    const digit = bytes[at] - ZERO;
    if (digit >= 0 && digit <= 9) {
      hasDigit = true;
      if (point) scale--;
      if (digits < EXACT) {
        high = high * 10 + digit;
        if (high > 0) digits++;
      } else {
        if (lowDigits === 4) return NaN;
        low = low * 10 + digit;
        lowDigits++;
      }
    } else if (bytes[at] === mark && !point) point = true;
    else break;
  }
  if (!hasDigit) return NaN;
  if (at < stop) {
    if ((bytes[at] | 32) !== EXPONENT) return NaN;
    scale += parseExponent(bytes, at + 1, stop);
  }
  // Also covers an invalid exponent: NaN fails the comparison.
  if (!(scale >= -22 && scale <= 22)) return NaN;
  const value = lowDigits > 0
    ? longQuotient(high, low, POWERS[lowDigits], scale)
    : scale < 0
    ? high / POWERS[-scale]
    : high * POWERS[scale];
  return negative ? -value : value;
}

/** Finds and reads a number of the usual form, a sign, up to 9 digits and a point, in one pass. */
export class ShortDecimal {
  /** The last number read, equal to the result of `parseDecimal`. */
  value = 0;
  readonly #mark: number;

  /** @param mark the decimal mark, as a byte */
  constructor(mark: number = POINT) {
    this.#mark = mark;
  }

  /** @returns the position after the number that starts at `start`, at most `end`; -1 for a number of another form */
  read(bytes: Uint8Array, start: number, end: number): number {
    const first = bytes[start] === MINUS ? start + 1 : start;
    const mark = this.#mark;
    let at = first, mantissa = 0, point = -1;
    // Ten digits may exceed 2^31; such a number is refused below.
    for (const most = Math.min(end, first + 10); at < most; at++) {
      const digit = bytes[at] - ZERO;
      if (digit >= 0 && digit <= 9) mantissa = Math.imul(mantissa, 10) + digit;
      else if (bytes[at] === mark && point < 0) point = at;
      else break;
    }
    const digits = at - first - (point < 0 ? 0 : 1);
    if (digits < 1 || digits > 9) return -1;
    const size = point < 0 ? mantissa : mantissa / POWERS[at - point - 1];
    this.value = first === start ? size : -size;
    return at;
  }
}

function parseExponent(bytes: Uint8Array, start: number, stop: number): number {
  let at = start, value = 0;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  if (at >= stop || stop - at > 3) return NaN;
  for (; at < stop; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

/** (high · shift + low) / 10^-scale, rounded once, or NaN if the rounding is not certain. */
function longQuotient(high: number, low: number, shift: number, scale: number): number {
  if (scale > 0) return NaN;
  const product = high * shift, rest = productError(high, shift, product);
  // The whole mantissa as mh + ml: low is smaller than the product.
  const mh = product + (rest + low), ml = (product - mh) + rest + low;
  const power = POWERS[-scale];
  const quotient = mh / power, back = quotient * power;
  const left = (mh - back) - productError(quotient, power, back) + ml;
  const correction = left / power, unsure = quotient * ERROR_BOUND;
  const above = quotient + (correction + unsure), below = quotient + (correction - unsure);
  return above === below ? above : NaN;
}

/** a·b - product exactly, product being a·b rounded. */
export function productError(a: number, b: number, product: number): number {
  const ca = SPLIT * a, cb = SPLIT * b;
  const ah = ca - (ca - a), al = a - ah, bh = cb - (cb - b), bl = b - bh;
  return ((ah * bh - product) + ah * bl + al * bh) + al * bl;
}
