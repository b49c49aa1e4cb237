/**
 * exp, ln, ln(1 + x), sinh and cos in float64, from + - · / alone, which every machine rounds identically. Host draws
 * that use them are therefore the same everywhere; Math.exp and Math.log need not be.
 *
 *   ln x = e ln 2 + 2 (s + s³/3 + s⁵/5 + …),   x = 2ᵉ m, m in [√½, √2), s = (m - 1)/(m + 1)
 *   tableLog: ln 2ᵉ m = e ln 2 - ln c + ln (1 + r), r = m c - 1, c near 1/m for each 128th of [1, 2)
 *   eˣ = 2ᵏ Σ rⁿ/n!,                            k = round(x / ln 2), r = x - k ln 2
 *   sinh x = Σ x²ⁿ⁺¹/(2n+1)! for |x| < 1, (eˣ - e⁻ˣ) / 2 otherwise
 *   cos 2πt: Σ (-1)^⌊n/2⌋ xⁿ/n! over even n (cosine) or odd n (sine), |x| ≤ π/4
 *
 * ln and exp are within 2 units in the last place; the others within 4 units in the last place or 4 · 2^-53 absolute.
 * ln 2 is split in two parts as in Cody and Waite, 1980.
 */

const LN2_HIGH = 0.693147180369123816490; // its last 32 bits are 0: k · LN2_HIGH is exact
const LN2_LOW = 1.90821492927058770002e-10;

/** 1/14!, … 1/1!, 1. |r| ≤ ½ ln 2, and the first omitted term is below 1e-19. */
const INVERSE_FACTORIALS = Array.from({ length: 15 }, (_, i) => {
  let product = 1;
  for (let n = 2; n <= 14 - i; n++) product *= n;
  return 1 / product;
});

/** Scratch for reading and writing the bits of a number within one call. */
const BITS = new DataView(new ArrayBuffer(8));

/** ln x for x > 0; -Infinity at 0, NaN below. */
export function portableLog(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  const isSubnormal = x < 2 ** -1022;
  const normal = isSubnormal ? x * 2 ** 54 : x;
  BITS.setFloat64(0, normal, true);
  const high = BITS.getInt32(4, true);
  let exponent = (high >> 20) - 1023 - (isSubnormal ? 54 : 0);
  // The same mantissa with exponent 0.
  BITS.setInt32(4, (high & 0xfffff) | 0x3ff00000, true);
  let mantissa = BITS.getFloat64(0, true);
  if (mantissa >= Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  const s = (mantissa - 1) / (mantissa + 1), square = s * s;
  // s² ≤ 0.0295: the first omitted term is below 2e-18.
  let sum = square / 21;
  sum = (sum + 1 / 19) * square;
  sum = (sum + 1 / 17) * square;
  sum = (sum + 1 / 15) * square;
  sum = (sum + 1 / 13) * square;
  sum = (sum + 1 / 11) * square;
  sum = (sum + 1 / 9) * square;
  sum = (sum + 1 / 7) * square;
  sum = (sum + 1 / 5) * square;
  sum = (sum + 1 / 3) * square;
  return exponent * LN2_HIGH + (2 * s + (2 * s * sum + exponent * LN2_LOW));
}

/** 2^-e for exponents e from -1022 to 1023. Multiplying by it is exact and avoids writing the bits a second time. */
const INVERSE_POWERS = new Float64Array(2046);
/** 1/m at the middle m of each 128th of [1, 2), and -ln of that. */
const INVERSES = new Float64Array(128), LOGS = new Float64Array(128);

/**
 * The smallest number that the tables cover. Infinity until they are filled on first use, so importing this file costs
 * nothing.
 */
let tableMinimum = Infinity;

/**
 * ln x with an error of at most 2^-51 absolute or 2^-52 relative, whichever is larger. Several times as fast as
 * `portableLog`: for the many numbers of a table, if this precision is enough.
 */
export function tableLog(x: number): number {
  if (!(x >= tableMinimum && x < Infinity)) return logOutsideTables(x);
  BITS.setFloat64(0, x, true);
  const high = BITS.getInt32(4, true), biased = high >> 20, interval = (high >> 13) & 127;
  const r = x * INVERSE_POWERS[biased - 1] * INVERSES[interval] - 1, square = r * r;
  // |r| ≤ 2^-8: the first omitted term is below 2^-58.
  const higherTerms = (1 / 3 - r / 4) + square * (1 / 5 - r / 6);
  return (biased - 1023) * Math.LN2 + (LOGS[interval] + (r + square * (r * higherTerms - 0.5)));
}

/** `tableLog` for numbers outside the tables; fills the tables on the first call. */
function logOutsideTables(x: number): number {
  if (tableMinimum < Infinity) return portableLog(x);
  for (let e = 0, power = 2 ** 1022; e < 2046; e++, power /= 2) INVERSE_POWERS[e] = power;
  for (let i = 0; i < 128; i++) {
    INVERSES[i] = 1 / (1 + (i + 0.5) / 128);
    LOGS[i] = -portableLog(INVERSES[i]);
  }
  tableMinimum = 2 ** -1022;
  return tableLog(x);
}

/** ln(1 + x), within 4 units in the last place: ln u · x / (u - 1) for the rounded u = 1 + x (Kahan; HP-15C, 1982). */
export function portableLog1p(x: number): number {
  const u = 1 + x;
  return u === 1 || u === Infinity ? x : portableLog(u) * (x / (u - 1));
}

/** eˣ; 0 below -745.2, Infinity above 709.8. */
export function portableExp(x: number): number {
  if (!(x > -746)) return x <= -746 ? 0 : NaN;
  if (x > 710) return Infinity;
  const k = Math.round(x / Math.LN2);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 0;
  for (let i = 0; i < 15; i++) sum = sum * r + INVERSE_FACTORIALS[i];
  // In two steps, so that neither power overflows or underflows.
  const half = Math.trunc(k / 2);
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

/** sinh x. */
export function portableSinh(x: number): number {
  if (Math.abs(x) < 1) return oddSeries(x, 1);
  const power = portableExp(x);
  return power / 2 - 0.5 / power;
}

/** cos 2πt, with the angle t in turns. */
export function portableCosTurns(t: number): number {
  const turn = Math.abs(t - Math.round(t));
  const quarter = turn > 0.25 ? 0.5 - turn : turn, sign = turn > 0.25 ? -1 : 1;
  if (quarter > 0.125) return sign * oddSeries(2 * Math.PI * (0.25 - quarter), -1);
  const square = (2 * Math.PI * quarter) ** 2;
  let sum = 0;
  for (let n = 16; n > 0; n -= 2) sum = -square / (n * (n - 1)) * (1 + sum);
  return sign * (1 + sum);
}

/** x + s x³/3! + s² x⁵/5! + …, |x| ≤ 1: sinh for s = 1, sine for s = -1. */
function oddSeries(x: number, s: number): number {
  const square = s * x * x;
  let sum = 0;
  for (let n = 19; n > 1; n -= 2) sum = square / (n * (n - 1)) * (1 + sum);
  return x + x * sum;
}

/** 2ⁿ for whole |n| ≤ 1022. */
function powerOfTwo(n: number): number {
  BITS.setInt32(0, (n + 1023) << 20);
  BITS.setInt32(4, 0);
  return BITS.getFloat64(0);
}
