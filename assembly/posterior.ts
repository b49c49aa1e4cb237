/**
 * The gradients of a Gaussian posterior whose draws a network read, in one pass: what ten elementwise kernels compute
 * one after the other, with the same bits (src/backends/wasm/rewrites/posterior_gradients.ts).
 *
 *   dMean    dz + w μ                                     w: the weight of the KL
 *   dLogVar  dz · ½ (z - μ) + w · ½ (e^c - 1)             c = min(max(l, low), high); 0 unless low < l < high,
 *                                                         also for NaN, of which expInside4 makes any number
 */
import { clamp4, clampGrad4 } from "./elementwise";
import { constant, HALF, MINUS_HALF } from "./memory";
import { expInside4 } from "./simd/exp";
import { madd } from "./simd/fma";

/**
 * @param count a multiple of 4
 * @param logVar, mean, z, dz `count` elements each; outputs may overwrite one of them
 * @param weight the address of w
 * @param low, high in the range of expInside4
 */
export function posteriorGrad(
  dLogVar: usize,
  count: i32,
  logVar: usize,
  dz: usize,
  mean: usize,
  z: usize,
  dMean: usize,
  weight: usize,
  low: f32,
  high: f32,
): void {
  const weight4 = v128.load32_splat(weight), low4 = f32x4.splat(low), high4 = f32x4.splat(high);
  for (const end = dLogVar + (<usize>count << 2); dLogVar < end; dLogVar += 16) {
    const l = v128.load(logVar), d = v128.load(dz), m = v128.load(mean);
    const halfExpm1 = madd(expInside4(clamp4(l, low4, high4)), constant(HALF), constant(MINUS_HALF));
    const half = madd(f32x4.sub(v128.load(z), m), constant(HALF), f32x4.splat(0));
    const sum = f32x4.add(f32x4.mul(weight4, halfExpm1), f32x4.mul(d, half));
    v128.store(dMean, f32x4.add(f32x4.mul(weight4, m), d));
    v128.store(dLogVar, clampGrad4(l, sum, low4, high4));
    logVar += 16, dz += 16, mean += 16, z += 16, dMean += 16;
  }
}
