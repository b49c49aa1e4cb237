/**
 * Scalar functions in WGSL: the polynomials of `assembly/simd/`, which the WebAssembly kernels use, with the same
 * ranges and error bounds (docs/accuracy.md). WGSL's own `exp`, `log`, `tanh` and `cos` are not accurate enough. No
 * compiler can optimise away what these functions rely on: NaN and infinity are recognised by their bits and made from
 * words of `control`, and `exactly` prevents sums from being reordered, which WGSL allows and Mesa does.
 *
 * Functions by name; `library.ts` selects those that a shader calls.
 */
import { CONTROL_WORDS } from "../layout.ts";
import { polynomial } from "./polynomial.ts";

const INFINITY = `bitcast<f32>(control[${CONTROL_WORDS.infinity}])`;
const NOT_A_NUMBER = `bitcast<f32>(control[${CONTROL_WORDS.notANumber}])`;

export const MATH: Readonly<Record<string, string>> = {
  isNan: `fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }`,

  isFinite:
    `fn isFinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }`,

  // x, through bits that no compiler can see through: the word is zero.
  exactly: `
fn exactly(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) | control[${CONTROL_WORDS.zero}]); }`,

  withSign: `
fn withSign(magnitude: f32, sign: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(magnitude) | (bitcast<u32>(sign) & 0x80000000u));
}`,

  // eʳ - 1 for |r| ≤ ln 2 / 2: Cephes expf (Moshier, 1989).
  expm1Reduced: `
fn expm1Reduced(r: f32) -> f32 {
  let q = ${
    polynomial("r", [
      "0.5",
      "0.16666665",
      "0.041665795",
      "0.008333452",
      "0.0013981999",
      "0.00019875691",
    ])
  };
  return fma(q, r * r, r);
}`,

  // x - n ln 2 in two parts: Cody and Waite (1980).
  reduceByLn2: `
fn reduceByLn2(x: f32, n: f32) -> f32 {
  return fma(n, 2.12194440e-4, exactly(fma(n, -0.693359375, x)));
}`,

  exponential: `
fn exponential(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (x < -87.33654) { return 0.0; }
  if (x > 88.72283) { return ${INFINITY}; }
  let n = round(x * 1.44269504);
  let mantissa = expm1Reduced(reduceByLn2(x, n)) + 1.0;
  return bitcast<f32>(bitcast<u32>(mantissa) + (bitcast<u32>(i32(n)) << 23u));
}`,

  // eˣ - 1 for x ≤ 88: 2ⁿ (eʳ - 1) + (2ⁿ - 1).
  expm1: `
fn expm1(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let inside = max(x, -20.0);
  let n = round(inside * 1.44269504);
  let scale = bitcast<f32>(u32(i32(n) + 127) << 23u);
  return fma(expm1Reduced(reduceByLn2(inside, n)), scale, scale - 1.0);
}`,

  // eˣ - 1 - x ≥ 0: our own minimax polynomial on [-1, 1].
  expm1LessX: `
fn expm1LessX(x: f32) -> f32 {
  if (abs(x) < 1.0) {
    let g = ${
    polynomial("x", [
      "0.5",
      "0.166666672",
      "0.0416667350",
      "0.00833331048",
      "0.00138854515",
      "1.98440248e-4",
      "2.53548291e-5",
      "2.77227886e-6",
    ])
  };
    return g * (x * x);
  }
  return (exponential(x) - 1.0) - x;
}`,

  // e·ln 2 + ln(1 + f), for 1 + f in [√½, √2]: Cephes logf (Moshier, 1989).
  logReduced: `
fn logReduced(f: f32, e: f32) -> f32 {
  let p = ${
    polynomial("f", [
      "0.33333331",
      "-0.24999994",
      "0.20000714",
      "-0.16668057",
      "0.14249323",
      "-0.12420141",
      "0.11676998",
      "-0.11514610",
      "0.070376836",
    ])
  };
  let square = f * f;
  var rest = p * (f * square);
  rest = fma(e, -2.12194440e-4, rest);
  rest = fma(square, -0.5, rest);
  return fma(e, 0.693359375, f + rest);
}`,

  logNormal: `
fn logNormal(x: f32) -> f32 {
  let bits = bitcast<i32>(x);
  let exponent = (bits - 0x3f3504f3) >> 23u;
  return logReduced(bitcast<f32>(bits - (exponent << 23u)) - 1.0, f32(exponent));
}`,

  // Subnormal arguments may count as zero: WGSL allows both.
  logarithm: `
fn logarithm(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return -${INFINITY}; }
  if (isNan(x) || bits == 0x7f800000u) { return x; }
  if (bits >= 0x80000000u) { return ${NOT_A_NUMBER}; }
  return logNormal(x);
}`,

  // ln(1 + u), u in [0, 1], without forming 1 + u.
  log1pUnit: `
fn log1pUnit(u: f32) -> f32 {
  if (u > 0.41421356) { return logReduced((u - 1.0) * 0.5, 1.0); }
  return logReduced(u, 0.0);
}`,

  // ln w · u / (w - 1) with w = 1 + u as rounded: Goldberg (1991), theorem 4.
  log1p: `
fn log1p(u: f32) -> f32 {
  if (isNan(u) || bitcast<u32>(u) == 0x7f800000u) { return u; }
  if (abs(u) < 0.25) { return logReduced(u, 0.0); }
  let w = exactly(u + 1.0);
  return logarithm(w) * (u / (w - 1.0));
}`,

  hyperbolicTangent: `
fn hyperbolicTangent(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let magnitude = min(abs(x), 9.02);
  let m = expm1(magnitude + magnitude);
  return withSign(m / (m + 2.0), x);
}`,

  sigmoid: `fn sigmoid(x: f32) -> f32 {
  if (x < -88.7) { return 0.0; }
  return 1.0 / (1.0 + exponential(-x));
}`,

  softplusTail: `fn softplusTail(x: f32) -> f32 { return log1pUnit(exponential(-abs(x))); }`,

  softplus: `
fn softplus(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  return max(x, 0.0) + softplusTail(x);
}`,

  relu: `fn relu(x: f32) -> f32 { return select(max(x, 0.0), x, isNan(x)); }`,

  elu: `fn elu(x: f32) -> f32 {
  if (x > 0.0) { return x; }
  return expm1(x);
}`,

  bounded: `
fn bounded(x: f32, low: f32, high: f32) -> f32 {
  return select(min(max(x, low), high), x, isNan(x));
}`,
};
