/**
 * Bernoulli kernels from logits, per element, in nats. Formulas: src/ops/bernoulli.ts; loops and broadcasting:
 * simd/stretch.ts. Sizes in elements, pointers in bytes.
 *
 *   bernoulliLogProb      x·l - softplus(l), as (x·l - max(l, 0)) - log1p(e^-|l|): at x = 0 and x = 1
 *                         the first difference is exact, so no accuracy is lost in either tail
 *   bernoulliLogProbGrad  dy · (x - sigmoid(l))
 */
import { madd } from "./simd/fma";
import { sigmoid4 } from "./simd/sigmoid";
import { softplusTail4 } from "./simd/softplus";
import { map2, map3 } from "./simd/stretch";

@unmanaged
class BernoulliLogProb {
  @inline
  at(x: v128, logits: v128): v128 {
    const positive = f32x4.pmax(logits, f32x4.splat(0));
    return f32x4.sub(madd(x, logits, f32x4.neg(positive)), softplusTail4(logits));
  }
}

export function bernoulliLogProb(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  xRows: i32,
  xCols: i32,
  logits: usize,
  logitsRows: i32,
  logitsCols: i32,
): void {
  map2<BernoulliLogProb>(out, rows, cols, x, xRows, xCols, logits, logitsRows, logitsCols);
}

@unmanaged
class BernoulliLogProbGrad {
  @inline
  at(x: v128, logits: v128, dy: v128): v128 {
    return f32x4.mul(dy, f32x4.sub(x, sigmoid4(logits)));
  }
}

export function bernoulliLogProbGrad(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  xRows: i32,
  xCols: i32,
  logits: usize,
  logitsRows: i32,
  logitsCols: i32,
  dy: usize,
  dyRows: i32,
  dyCols: i32,
): void {
  map3<BernoulliLogProbGrad>(
    out, rows, cols, x, xRows, xCols, logits, logitsRows, logitsCols, dy, dyRows, dyCols,
  );
}
