/**
 * Sine and cosine of turns in WGSL, for normal draws: the polynomials of `assembly/simd/sincos.ts`, our own minimax
 * fit.
 */
import { polynomial } from "./polynomial.ts";

export const TURNS: Readonly<Record<string, string>> = {
  // sin or cos of fπ/2, f in [-½, ½].
  sinReduced: `
fn sinReduced(f: f32) -> f32 {
  let s = ${
    polynomial("(f * f)", ["-4.37113900e-8", "-0.645963490", "0.0796798021", "-0.00460052583"])
  };
  return fma(f, 1.57079637, f * s);
}`,
  cosReduced: `
fn cosReduced(f: f32) -> f32 {
  let z = f * f;
  return ${
    polynomial("z", ["1.0", "-1.23370051", "0.253668517", "-0.0208552517", "8.93556222e-4"])
  };
}`,
  // cos(2πu) for `quarter` 1, sin(2πu) for 0, u in [0, 1].
  turn: `
fn turn(u: f32, quarter: u32) -> f32 {
  let k = round(u * 4.0);
  let f = fma(u, 4.0, -k);
  let quadrant = (u32(k) + quarter) & 3u;
  let value = select(sinReduced(f), cosReduced(f), (quadrant & 1u) == 1u);
  return select(value, -value, quadrant >= 2u);
}`,
};
