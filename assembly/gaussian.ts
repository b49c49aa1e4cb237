/**
 * Gaussian kernels in log-variance, per element, in nats. Formulas: src/ops/gaussian.ts; loops and broadcasting:
 * simd/stretch.ts. Log-variances must be in [-30, 20]. Sizes in elements, pointers in bytes.
 *
 *   gaussianKl       ½ (μ² + (expm1(l) - l)), never negative, relatively accurate near μ = l = 0
 *   gaussianLogProb  -½ (ln 2π + l + (x - μ)² e⁻ˡ)
 *   …GradMean        dy · (x - μ) e⁻ˡ
 *   …GradLogVar      dy · ½ ((x - μ)² e⁻ˡ - 1)
 *   reparameterize   μ + e^(l/2) · ε
 *
 * If one row of log-variances serves all rows, e⁻ˡ is computed once in a buffer, with the same bits. If one number
 * serves all elements, the loop goes by eight of them.
 */
import { BLOCK_B } from "./matmul/block";
import { constant, HALF, MINUS_HALF } from "./memory";
import { exp4 } from "./simd/exp";
import { expm1LessX4 } from "./simd/expm1";
import { madd } from "./simd/fma";
import { map1, map2, map3, map4 } from "./simd/stretch";
import { packedB } from "./workspace";

const LN_2PI = memory.data<u32>([0x3feb3f8e], 4); // 1.83787704
const MINUS_ONE = memory.data<u32>([0xbf800000], 4); // -1

@unmanaged
class Reparameterize {
  @inline
  at(mean: v128, logVar: v128, noise: v128): v128 {
    return madd(exp4(f32x4.mul(logVar, constant(HALF))), noise, mean);
  }
}

export function reparameterize(
  out: usize,
  rows: i32,
  cols: i32,
  mean: usize,
  meanRows: i32,
  meanCols: i32,
  logVar: usize,
  logVarRows: i32,
  logVarCols: i32,
  noise: usize,
  noiseRows: i32,
  noiseCols: i32,
): void {
  map3<Reparameterize>(
    out, rows, cols, mean, meanRows, meanCols, logVar, logVarRows, logVarCols,
    noise, noiseRows, noiseCols,
  );
}

@unmanaged
class GaussianKl {
  @inline
  at(mean: v128, logVar: v128): v128 {
    return f32x4.mul(madd(mean, mean, expm1LessX4(logVar)), constant(HALF));
  }
}

export function gaussianKl(
  out: usize,
  rows: i32,
  cols: i32,
  mean: usize,
  meanRows: i32,
  meanCols: i32,
  logVar: usize,
  logVarRows: i32,
  logVarCols: i32,
): void {
  map2<GaussianKl>(out, rows, cols, mean, meanRows, meanCols, logVar, logVarRows, logVarCols);
}

@unmanaged
class Precision {
  @inline
  at(logVar: v128): v128 {
    return exp4(f32x4.neg(logVar));
  }
}

/** e⁻ˡ of a row shared by many rows, in a buffer; 0 if the row is not shared or does not fit. */
function sharedPrecision(size: i32, logVar: usize, logVarRows: i32, logVarCols: i32): usize {
  if (logVarCols == size || logVarRows != 1 || logVarCols > BLOCK_B) return 0;
  map1<Precision>(packedB(), logVarCols, logVar);
  return packedB();
}

/** (x - μ) e⁻ˡ. */
@inline
function scaledDeviation(deviation: v128, logVar: v128): v128 {
  return f32x4.mul(deviation, exp4(f32x4.neg(logVar)));
}

@unmanaged
class GaussianLogProb {
  @inline
  at(x: v128, mean: v128, logVar: v128): v128 {
    const deviation = f32x4.sub(x, mean);
    const whole = f32x4.add(logVar, constant(LN_2PI));
    const sum = madd(deviation, scaledDeviation(deviation, logVar), whole);
    return f32x4.mul(sum, constant(MINUS_HALF));
  }
}

/** `whole` is ln 2π + l. */
@inline
function logProbShared(x: v128, mean: v128, precision: v128, whole: v128): v128 {
  const deviation = f32x4.sub(x, mean);
  return f32x4.mul(madd(deviation, f32x4.mul(deviation, precision), whole), constant(MINUS_HALF));
}

@unmanaged
class GaussianLogProbShared {
  @inline
  at(x: v128, mean: v128, logVar: v128, precision: v128): v128 {
    return logProbShared(x, mean, precision, f32x4.add(logVar, constant(LN_2PI)));
  }
}

export function gaussianLogProb(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  xRows: i32,
  xCols: i32,
  mean: usize,
  meanRows: i32,
  meanCols: i32,
  logVar: usize,
  logVarRows: i32,
  logVarCols: i32,
): void {
  const size = rows * cols, precision = sharedPrecision(size, logVar, logVarRows, logVarCols);
  if (precision && logVarCols == 1 && xRows * xCols == size && meanRows * meanCols == size) {
    const precision4 = v128.load32_splat(precision);
    const whole = f32x4.add(v128.load32_splat(logVar), constant(LN_2PI));
    for (const end = out + (<usize>(size >> 3) << 5); out < end; out += 32, x += 32, mean += 32) {
      const left = logProbShared(v128.load(x), v128.load(mean), precision4, whole);
      const right = logProbShared(v128.load(x, 16), v128.load(mean, 16), precision4, whole);
      v128.store(out, left);
      v128.store(out, right, 16);
    }
    rows = xRows = meanRows = 1;
    cols = xCols = meanCols = size & 7;
  }
  if (precision) {
    map4<GaussianLogProbShared>(
      out, rows, cols, x, xRows, xCols, mean, meanRows, meanCols, logVar, 1, logVarCols,
      precision, 1, logVarCols,
    );
    return;
  }
  map3<GaussianLogProb>(
    out, rows, cols, x, xRows, xCols, mean, meanRows, meanCols, logVar, logVarRows, logVarCols,
  );
}

@unmanaged
class GaussianLogProbGradMean {
  @inline
  at(x: v128, mean: v128, logVar: v128, dy: v128): v128 {
    return f32x4.mul(dy, scaledDeviation(f32x4.sub(x, mean), logVar));
  }
}

@unmanaged
class GaussianLogProbGradMeanShared {
  @inline
  at(x: v128, mean: v128, precision: v128, dy: v128): v128 {
    return gradMeanShared(x, mean, precision, dy);
  }
}

@inline
function gradMeanShared(x: v128, mean: v128, precision: v128, dy: v128): v128 {
  return f32x4.mul(dy, f32x4.mul(f32x4.sub(x, mean), precision));
}

export function gaussianLogProbGradMean(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  xRows: i32,
  xCols: i32,
  mean: usize,
  meanRows: i32,
  meanCols: i32,
  logVar: usize,
  logVarRows: i32,
  logVarCols: i32,
  dy: usize,
  dyRows: i32,
  dyCols: i32,
): void {
  const size = rows * cols, precision = sharedPrecision(size, logVar, logVarRows, logVarCols);
  if (
    precision && logVarCols == 1 && xRows * xCols == size && meanRows * meanCols == size && dyRows * dyCols == 1
  ) {
    const precision4 = v128.load32_splat(precision), dy4 = v128.load32_splat(dy);
    for (const end = out + (<usize>(size >> 3) << 5); out < end; out += 32, x += 32, mean += 32) {
      const left = gradMeanShared(v128.load(x), v128.load(mean), precision4, dy4);
      const right = gradMeanShared(v128.load(x, 16), v128.load(mean, 16), precision4, dy4);
      v128.store(out, left);
      v128.store(out, right, 16);
    }
    rows = xRows = meanRows = 1;
    cols = xCols = meanCols = size & 7;
  }
  if (precision) {
    map4<GaussianLogProbGradMeanShared>(
      out, rows, cols, x, xRows, xCols, mean, meanRows, meanCols, precision, 1, logVarCols,
      dy, dyRows, dyCols,
    );
    return;
  }
  map4<GaussianLogProbGradMean>(
    out, rows, cols, x, xRows, xCols, mean, meanRows, meanCols, logVar, logVarRows, logVarCols,
    dy, dyRows, dyCols,
  );
}

@unmanaged
class GaussianLogProbGradLogVar {
  @inline
  at(x: v128, mean: v128, logVar: v128, dy: v128): v128 {
    const deviation = f32x4.sub(x, mean);
    const excess = madd(deviation, scaledDeviation(deviation, logVar), constant(MINUS_ONE));
    return f32x4.mul(dy, f32x4.mul(excess, constant(HALF)));
  }
}

export function gaussianLogProbGradLogVar(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  xRows: i32,
  xCols: i32,
  mean: usize,
  meanRows: i32,
  meanCols: i32,
  logVar: usize,
  logVarRows: i32,
  logVarCols: i32,
  dy: usize,
  dyRows: i32,
  dyCols: i32,
): void {
  map4<GaussianLogProbGradLogVar>(
    out, rows, cols, x, xRows, xCols, mean, meanRows, meanCols, logVar, logVarRows, logVarCols,
    dy, dyRows, dyCols,
  );
}
