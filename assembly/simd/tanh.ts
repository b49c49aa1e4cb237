/**
 * tanh(x) for every x: relatively accurate near 0, exactly ±1 far out, never beyond, NaN kept.
 * Max error: docs/accuracy.md (scripts/accuracy.ts).
 *
 *   tanh x = x P(x²) / Q(x²), P(0) = Q(0) = 1, both of degree 4
 *
 * Our own minimax fit on |x| <= 9.02, beyond which float32 tanh is ±1: relative error 2.3e-8 with
 * the coefficients as rounded below (Lawson's reweighted least squares in float64, refitting the
 * others after each coefficient was rounded).
 */
import { madd } from "./fma";

const SATURATION = reinterpret<f32>(0x411051ec); // 9.02000046

const P1 = reinterpret<f32>(0x3e0909e7); // 0.133826837
const P2 = reinterpret<f32>(0x3b653603); // 0.00349748204
const P3 = reinterpret<f32>(0x37ad1eba); // 2.06375153e-5
const P4 = reinterpret<f32>(0x326605a5); // 1.33890454e-8
const Q1 = reinterpret<f32>(0x3eef2f9a); // 0.467160046
const Q2 = reinterpret<f32>(0x3cd40b79); // 0.0258843768
const Q3 = reinterpret<f32>(0x39ac6b01); // 3.28861206e-4
const Q4 = reinterpret<f32>(0x3551281c); // 7.79169341e-7

@inline
export function tanh4(x: v128): v128 {
  const inside = clampMagnitude(x, SATURATION);
  const z = f32x4.mul(inside, inside);
  let p = madd(f32x4.splat(P4), z, f32x4.splat(P3));
  let q = madd(f32x4.splat(Q4), z, f32x4.splat(Q3));
  p = madd(p, z, f32x4.splat(P2));
  q = madd(q, z, f32x4.splat(Q2));
  p = madd(p, z, f32x4.splat(P1));
  q = madd(q, z, f32x4.splat(Q1));
  p = madd(p, z, f32x4.splat(1));
  q = madd(q, z, f32x4.splat(1));
  return clampMagnitude(f32x4.div(f32x4.mul(inside, p), q), 1);
}

/** x in [-limit, limit], NaN kept. */
@inline
function clampMagnitude(x: v128, limit: f32): v128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(limit)), f32x4.splat(-limit));
}
