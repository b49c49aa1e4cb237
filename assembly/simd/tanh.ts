/**
 * tanh(x) for every x: odd, relatively accurate near 0, never beyond ±1, and at most 6 · 2^-24 short of it from 7.85
 * on; NaN is propagated. Error at most 6 ulp; measured: docs/accuracy.md (scripts/accuracy.ts).
 *
 *   tanh x = x P(x²) / Q(x²), P of degree 5, Q of degree 3, P(0) = Q(0) = 1
 *
 * Our own minimax fit to the relative error on [0, 7.85] (Lawson's reweighted least squares in float64): 1.6e-8 before
 * rounding the coefficients; the rest of the error is rounding in both sums. Computing it from e^2|x| - 1 halves the
 * error but takes twice as long (ADR 40).
 */
import { constant, ONE } from "../memory";
import { madd } from "./fma";

const HIGHEST = memory.data<u32>([0x40fb3333], 4); // 7.8499999
const LOWEST = memory.data<u32>([0xc0fb3333], 4); // -7.8499999

const P1 = memory.data<u32>([0x3e0504bc], 4); // 0.129900873
const P2 = memory.data<u32>([0x3b447547], 4); // 0.00299771293
const P3 = memory.data<u32>([0x3727a49d], 4); // 9.99230269e-06
const P4 = memory.data<u32>([0xb28183b2], 4); // -1.50774646e-08
const P5 = memory.data<u32>([0x2dd85373], 4); // 2.45934158e-11
const Q1 = memory.data<u32>([0x3eed2d05], 4); // 0.463234097
const Q2 = memory.data<u32>([0x3cc53ae2], 4); // 0.0240759291
const Q3 = memory.data<u32>([0x397a7a2c], 4); // 0.000238873705

/** tanh of eight consecutive elements in two vectors, so that each coefficient is loaded once for both. */
@inline
export function tanh8(out: usize, from: usize): void {
  let c = constant(LOWEST), d = constant(HIGHEST);
  const x = f32x4.pmin(f32x4.pmax(v128.load(from), c), d), y = f32x4.pmin(f32x4.pmax(v128.load(from, 16), c), d);
  const xx = f32x4.mul(x, x), yy = f32x4.mul(y, y);
  c = constant(P5), d = constant(P4);
  let px = madd(c, xx, d), py = madd(c, yy, d);
  c = constant(Q3), d = constant(Q2);
  let qx = madd(c, xx, d), qy = madd(c, yy, d);
  c = constant(P3);
  px = madd(px, xx, c), py = madd(py, yy, c);
  c = constant(Q1);
  qx = madd(qx, xx, c), qy = madd(qy, yy, c);
  c = constant(P2);
  px = madd(px, xx, c), py = madd(py, yy, c);
  const one = constant(ONE);
  qx = madd(qx, xx, one), qy = madd(qy, yy, one);
  c = constant(P1);
  px = madd(px, xx, c), py = madd(py, yy, c);
  px = madd(px, xx, one), py = madd(py, yy, one);
  v128.store(out, f32x4.div(f32x4.mul(x, px), qx));
  v128.store(out, f32x4.div(f32x4.mul(y, py), qy), 16);
}
