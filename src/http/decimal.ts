/**
 * From decimal digits to the nearest number, without a big integer. d digits d₁…dₙ and a power of ten stand for
 * m · 10ᵉ; where |e| ≤ 22 the power is an exact number.
 *
 * - m < 2^53: m is exact, so one product or quotient is the nearest number (Clinger, "How to read floating point numbers
 *   accurately", 1990).
 * - m of up to 22 digits: m, the quotient and its remainder are pairs of numbers, exact or good to some 2^-100
 *   (Dekker, "A floating-point technique for extending the available precision", 1971). What is lost is too little
 *   to change the rounding, unless the value lies that near to the middle between two numbers: Ziv's test finds these
 *   ("Fast evaluation of elementary mathematical functions with correctly rounded last bit", 1991).
 *
 * What is left is for the host to read.
 */

/** From here on a sum of digits may have been rounded. */
const INEXACT = 2 ** 53;
const POWERS = Float64Array.from({ length: 23 }, (_, n) => Number(`1e${n}`));

const ZERO = 0x30, POINT = 0x2e;
/** Digits of a number that is surely exact, and those behind them that go into a pair with it. */
const FIRST = 15, MORE = 7;

/**
 * @param digits their value as a sum of numbers, right below 2^53
 * @param exponent of the last digit
 * @param start where the digits, and a point among them, stand in the bytes
 * @returns nothing where the nearest number cannot be told
 */
export function nearest(
  digits: number,
  exponent: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number | undefined {
  if (exponent < -22 || exponent > 22) return undefined;
  if (digits >= INEXACT) return long(exponent, bytes, start, end);
  return exponent < 0 ? digits / POWERS[-exponent] : digits * POWERS[exponent];
}

function long(
  exponent: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number | undefined {
  let first = 0, rest = 0, count = 0;
  for (let i = start; i < end; i++) {
    if (bytes[i] === POINT) continue;
    const digit = bytes[i] - ZERO;
    if (count < FIRST) first = 10 * first + digit;
    else rest = 10 * rest + digit;
    if (first > 0) count++;
  }
  if (count > FIRST + MORE) return undefined;
  // m = high + low, exactly: a product below 10^22 leaves an error of few digits, and so does `rest`.
  const product = first * POWERS[count - FIRST];
  const small = productError(first, POWERS[count - FIRST], product) + rest;
  const high = product + small, low = small - (high - product);
  const power = POWERS[Math.abs(exponent)];
  if (exponent >= 0) {
    const value = high * power;
    return rounded(value, productError(high, power, value) + low * power);
  }
  const value = high / power, back = value * power;
  return rounded(value, (high - back - productError(value, power, back) + low) / power);
}

/** a · b - product, exactly, for the rounded product. */
function productError(a: number, b: number, product: number): number {
  const aHigh = upperHalf(a), aLow = a - aHigh, bHigh = upperHalf(b), bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** The first 26 bits. */
function upperHalf(a: number): number {
  const scaled = a * (2 ** 27 + 1);
  return scaled - (scaled - a);
}

/** Twice as wide as what is lost on the way could be, by far. */
const ZIV = 1 + 2 ** -40;

/** The nearest number to value + rest, where |rest| is at most some last places of the value. */
function rounded(value: number, rest: number): number | undefined {
  const sum = value + rest, left = rest - (sum - value);
  return sum + left * ZIV === sum ? sum : undefined;
}
