/**
 * exp and ln in float64 from + - · / alone, which every machine rounds alike: what is drawn on the
 * host with them is the same everywhere, as Math.exp and Math.log need not be.
 *
 *   ln x = e ln 2 + 2 (s + s³/3 + s⁵/5 + …),   x = 2ᵉ m, m in [√½, √2], s = (m - 1)/(m + 1)
 *   eˣ = 2ᵏ Σ rⁿ/n!,                            k = round(x / ln 2), r = x - k ln 2
 *
 * Both within 2 units in the last place of 2^-53. ln 2 in two parts: Cody and Waite, 1980.
 */

const LN2_HIGH = 0.693147180369123816490; // its last 32 bits are 0: k · LN2_HIGH is exact
const LN2_LOW = 1.90821492927058770002e-10;

/** ln x for x > 0; -Infinity at 0, NaN below. */
export function portableLog(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let mantissa = x, exponent = 0;
  for (let step = 512; step >= 1; step /= 2) {
    const power = powerOfTwo(step);
    for (; mantissa >= power; mantissa /= power) exponent += step;
    for (; mantissa * power < 2; mantissa *= power) exponent -= step;
  }
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  const s = (mantissa - 1) / (mantissa + 1), square = s * s;
  let sum = 0;
  // s² ≤ 0.0295: the first term left out is below 2e-18.
  for (let k = 21; k >= 3; k -= 2) sum = (sum + 1 / k) * square;
  return exponent * LN2_HIGH + (2 * s + (2 * s * sum + exponent * LN2_LOW));
}

/** eˣ; 0 below -745.2, Infinity above 709.8. */
export function portableExp(x: number): number {
  if (!(x > -746)) return x <= -746 ? 0 : NaN;
  if (x > 710) return Infinity;
  const k = Math.round(x / Math.LN2);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1;
  // |r| ≤ ½ ln 2: the first term left out is below 5e-18.
  for (let n = 14; n >= 1; n--) sum = 1 + sum * r / n;
  // In two steps, so that neither power is beyond the numbers there are.
  const half = Math.trunc(k / 2);
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

/** 2ⁿ, exact, for whole |n| ≤ 1023. */
function powerOfTwo(n: number): number {
  let power = 1, factor = n < 0 ? 0.5 : 2;
  for (let left = Math.abs(n); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power *= factor;
    factor *= factor;
  }
  return power;
}
