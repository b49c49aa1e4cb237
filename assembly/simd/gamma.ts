/**
 * Parts of ln Γ(a + d) - ln Γ(a) and of its derivative, for a, d in (0, 1e9]:
 *
 *   ln Γ(w) = (w - ½) ln w - w + ½ ln 2π + tail(w),   ψ(w) = ln w - 1/(2w) - slopeTail(w),   w >= 8
 *   Γ(s) = Γ(s + 8) / (s (s + 1) … (s + 7)),          ψ(s) = ψ(s + 8) - Σ 1/(s + i),         s < 8
 *
 * Stirling's series: Abramowitz and Stegun, 6.1.41 and 6.3.18; the next terms are below 3e-10 and 1e-9 at w = 8. With q
 * = s² + 7s the product is q (q + 6) (q + 10) (q + 12).
 */
import { constant } from "../memory";
import { madd } from "./fma";

const LEAST: f32 = 8;

const TAIL1 = memory.data<u32>([0x3daaaaab], 4); // 1/12
const TAIL3 = memory.data<u32>([0xbb360b61], 4); // -1/360
const TAIL5 = memory.data<u32>([0x3a500d01], 4); // 1/1260

const SLOPE2 = memory.data<u32>([0x3daaaaab], 4); // 1/12
const SLOPE4 = memory.data<u32>([0xbc088889], 4); // -1/120
const SLOPE6 = memory.data<u32>([0x3b820821], 4); // 1/252

/** A mask of the lanes where s must be shifted up by 8. */
@inline
export function isLow(s: v128): v128 {
  return f32x4.lt(s, f32x4.splat(LEAST));
}

/** 8 where s is low, else 0. */
@inline
export function shiftOf(low: v128): v128 {
  return v128.and(low, f32x4.splat(LEAST));
}

/** 1/(12w) - 1/(360w³) + 1/(1260w⁵). */
@inline
export function stirlingTail(w: v128): v128 {
  const r = f32x4.div(f32x4.splat(1), w), square = f32x4.mul(r, r);
  let sum = madd(constant(TAIL5), square, constant(TAIL3));
  sum = madd(sum, square, constant(TAIL1));
  return f32x4.mul(sum, r);
}

/** 1/(12w²) - 1/(120w⁴) + 1/(252w⁶). */
@inline
export function slopeTail(w: v128): v128 {
  const r = f32x4.div(f32x4.splat(1), w), square = f32x4.mul(r, r);
  let sum = madd(constant(SLOPE6), square, constant(SLOPE4));
  sum = madd(sum, square, constant(SLOPE2));
  return f32x4.mul(sum, square);
}

/** s (s + 1) … (s + 7) where s is low, else 1. */
@inline
export function risingProduct(s: v128, low: v128): v128 {
  const q = f32x4.mul(s, f32x4.add(s, f32x4.splat(7)));
  const lower = f32x4.mul(q, f32x4.add(q, f32x4.splat(6)));
  const upper = f32x4.mul(f32x4.add(q, f32x4.splat(10)), f32x4.add(q, f32x4.splat(12)));
  return v128.bitselect(f32x4.mul(lower, upper), f32x4.splat(1), low);
}

/** Σ 1/(s + i) for i from 0 to 7 where s is low, else 0: the logarithmic derivative of the product. */
@inline
export function harmonicSum(s: v128, low: v128): v128 {
  const q = f32x4.mul(s, f32x4.add(s, f32x4.splat(7))), twice = f32x4.add(q, q);
  const lower = f32x4.div(
    f32x4.add(twice, f32x4.splat(6)),
    f32x4.mul(q, f32x4.add(q, f32x4.splat(6))),
  );
  const upper = f32x4.div(
    f32x4.add(twice, f32x4.splat(22)),
    f32x4.mul(f32x4.add(q, f32x4.splat(10)), f32x4.add(q, f32x4.splat(12))),
  );
  const inner = f32x4.add(f32x4.add(s, s), f32x4.splat(7));
  return v128.and(f32x4.mul(inner, f32x4.add(lower, upper)), low);
}
