/**
 * The normaliser of the continuous Bernoulli, from logits, per element, in nats. Formulas:
 * src/ops/continuous_bernoulli.ts; loops and broadcasting: simd/stretch.ts. Sizes in elements, pointers in bytes.
 *
 *   continuousBernoulliLogNorm       ln (t / tanh(t / 2)), t = |l| kept above 0; ln 2 at l = 0
 *   continuousBernoulliLogNormSlope  1/l - 1/sinh l; l g(l²) near 0, where the two cancel
 *
 * g is our own minimax polynomial of degree 7 on l² <= 4 for (1/l - 1/sinh l) / l: relative error
 * 6.7e-9 before its coefficients are rounded (Lawson's reweighted least squares in float64).
 */
import { constant } from "./memory";
import { exp4 } from "./simd/exp";
import { expm1Inside4 } from "./simd/expm1";
import { madd } from "./simd/fma";
import { logCalled4 } from "./simd/log";
import { map1 } from "./simd/stretch";

const SMALLEST = reinterpret<f32>(0x0da24260); // 1e-30: far below any l that changes the result

const G0 = memory.data<u32>([0x3e2aaaab], 4); // 0.166666672
const G1 = memory.data<u32>([0xbc9f49e1], 4); // -0.0194444079
const G2 = memory.data<u32>([0x3b065a8e], 4); // 0.00205007521
const G3 = memory.data<u32>([0xb95bc781], 4); // -2.09597885e-4
const G4 = memory.data<u32>([0x37af9d11], 4); // 2.09347654e-5
const G5 = memory.data<u32>([0xb6018919], 4); // -1.93022993e-6
const G6 = memory.data<u32>([0x34152042], 4); // 1.38884417e-7
const G7 = memory.data<u32>([0xb1b8463f], 4); // -5.36309086e-9

const SATURATION = reinterpret<f32>(0x419051ec); // 18.0400009, where m + 2 rounds to m

/**
 * tanh(t / 2) = m / (m + 2), m = eᵗ - 1, for t >= 0. More accurate than `tanh8`, which ln C needs, and 1 for large t.
 */
@inline
function tanhOfHalf(t: v128): v128 {
  const m = expm1Inside4(f32x4.pmin(t, f32x4.splat(SATURATION)));
  return f32x4.div(m, f32x4.add(m, f32x4.splat(2)));
}

@unmanaged
class LogNorm {
  @inline
  at(logits: v128): v128 {
    // f32x4.max propagates NaN.
    const t = f32x4.max(f32x4.abs(logits), f32x4.splat(SMALLEST));
    return logCalled4(f32x4.div(t, tanhOfHalf(t)));
  }
}

export function continuousBernoulliLogNorm(out: usize, logits: usize, count: i32): void {
  map1<LogNorm>(out, count, logits);
}

@unmanaged
class LogNormSlope {
  @inline
  at(logits: v128): v128 {
    const square = f32x4.mul(logits, logits);
    let g = madd(constant(G7), square, constant(G6));
    g = madd(g, square, constant(G5));
    g = madd(g, square, constant(G4));
    g = madd(g, square, constant(G3));
    g = madd(g, square, constant(G2));
    g = madd(g, square, constant(G1));
    g = madd(g, square, constant(G0));
    const near = f32x4.mul(g, logits);
    // 1/sinh t = 2 e^-t / (1 - e^-2t), with t = |l|, and the sign of l.
    const one = f32x4.splat(1), small = exp4(f32x4.neg(f32x4.abs(logits)));
    const cosecant = f32x4.div(f32x4.add(small, small), f32x4.sub(one, f32x4.mul(small, small)));
    const sign = v128.and(logits, i32x4.splat(0x80000000));
    const far = f32x4.sub(f32x4.div(one, logits), v128.or(cosecant, sign));
    return v128.bitselect(near, far, f32x4.lt(square, f32x4.splat(4)));
  }
}

export function continuousBernoulliLogNormSlope(out: usize, logits: usize, count: i32): void {
  map1<LogNormSlope>(out, count, logits);
}
