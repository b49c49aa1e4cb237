/**
 * tanh(x) for every x: odd, relatively accurate near 0, never beyond ±1 and at most 6 · 2^-24 short of it
 * from 7.85 on, NaN kept. At most 6 ulp off; measured: docs/accuracy.md (scripts/accuracy.ts).
 *
 *   tanh x = x P(x²) / Q(x²), P of degree 5, Q of degree 3, P(0) = Q(0) = 1
 *
 * Our own minimax fit of the relative error on [0, 7.85] (Lawson's reweighted least squares in float64):
 * 1.6e-8 before the coefficients are rounded; the rest are the roundings of both sums. By way of
 * e^2|x| - 1 it errs by half as much and takes twice as long (ADR 40).
 */
import { constant } from "../memory";
import { madd } from "./fma";

const HIGHEST = memory.data<u32>([0x40fb3333], 4); // 7.8499999
const LOWEST = memory.data<u32>([0xc0fb3333], 4); // -7.8499999

const ONE = memory.data<u32>([0x3f800000], 4); // 1
const P1 = memory.data<u32>([0x3e0504bc], 4); // 0.129900873
const P2 = memory.data<u32>([0x3b447547], 4); // 0.00299771293
const P3 = memory.data<u32>([0x3727a49d], 4); // 9.99230269e-06
const P4 = memory.data<u32>([0xb28183b2], 4); // -1.50774646e-08
const P5 = memory.data<u32>([0x2dd85373], 4); // 2.45934158e-11
const Q1 = memory.data<u32>([0x3eed2d05], 4); // 0.463234097
const Q2 = memory.data<u32>([0x3cc53ae2], 4); // 0.0240759291
const Q3 = memory.data<u32>([0x397a7a2c], 4); // 0.000238873705

@inline
export function tanh4(x: v128): v128 {
  const inside = f32x4.pmin(f32x4.pmax(x, constant(LOWEST)), constant(HIGHEST));
  const square = f32x4.mul(inside, inside);
  let p = madd(constant(P5), square, constant(P4));
  let q = madd(constant(Q3), square, constant(Q2));
  p = madd(p, square, constant(P3));
  q = madd(q, square, constant(Q1));
  p = madd(p, square, constant(P2));
  q = madd(q, square, constant(ONE));
  p = madd(p, square, constant(P1));
  p = madd(p, square, constant(ONE));
  return f32x4.div(f32x4.mul(inside, p), q);
}
