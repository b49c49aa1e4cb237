/**
 * Elementwise kernels. Formulas: src/ops/elementwise.ts; loops and broadcasting: simd/stretch.ts; accuracy:
 * docs/accuracy.md. Sizes in elements, pointers in bytes, aligned to 4.
 *
 *   add a+b   sub a-b   mul a·b   div a/b   affine scale·x + offset   exp eˣ   log ln x
 *   log1p ln(1 + x)
 *   clamp min(max(x, low), high)   clampGrad dy where low < x < high, else 0
 *   lessThan 1 where a < b, else 0
 *   activation f(x), activationGrad dy · f'(x) written in y = f(x):
 *     identity 1 | relu y > 0 | tanh 1-y² | sigmoid y(1-y) | softplus 1-e⁻ʸ | elu y > 0 ? 1 : y+1
 */
import {
  ACTIVATION_ELU,
  ACTIVATION_IDENTITY,
  ACTIVATION_RELU,
  ACTIVATION_SIGMOID,
  ACTIVATION_SOFTPLUS,
  ACTIVATION_TANH,
} from "./opcodes.gen";
import { constant, copy, ONE } from "./memory";
import { elu4, relu4 } from "./simd/activation";
import { exp4 } from "./simd/exp";
import { expm14 } from "./simd/expm1";
import { madd } from "./simd/fma";
import { log1p4, log4 } from "./simd/log";
import { sigmoid4 } from "./simd/sigmoid";
import { softplus4 } from "./simd/softplus";
import { map1, map1With, map2, map2With } from "./simd/stretch";
import { tanh8 } from "./simd/tanh";
import { besideRow } from "./workspace";

@unmanaged
class Exp {
  @inline
  at(x: v128): v128 {
    return exp4(x);
  }
}

export function exp(out: usize, x: usize, count: i32): void {
  map1<Exp>(out, count, x);
}

@unmanaged
class Log {
  @inline
  at(x: v128): v128 {
    return log4(x);
  }
}

export function log(out: usize, x: usize, count: i32): void {
  map1<Log>(out, count, x);
}

@unmanaged
class Log1p {
  @inline
  at(x: v128): v128 {
    return log1p4(x);
  }
}

export function log1p(out: usize, x: usize, count: i32): void {
  map1<Log1p>(out, count, x);
}

@unmanaged
class Affine {
  @inline
  at(x: v128, scale: v128, offset: v128): v128 {
    return madd(x, scale, offset);
  }
}

export function affine(out: usize, x: usize, count: i32, scale: f32, offset: f32): void {
  map1With<Affine>(out, count, x, scale, offset);
}

@unmanaged
class Clamp {
  @inline
  at(x: v128, low: v128, high: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, low), high);
  }
}

export function clamp(out: usize, x: usize, count: i32, low: f32, high: f32): void {
  map1With<Clamp>(out, count, x, low, high);
}

@unmanaged
class Add {
  @inline
  at(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}

export function add(
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  b: usize,
  bRows: i32,
  bCols: i32,
): void {
  map2<Add>(out, rows, cols, a, aRows, aCols, b, bRows, bCols);
}

@unmanaged
class Sub {
  @inline
  at(a: v128, b: v128): v128 {
    return f32x4.sub(a, b);
  }
}

export function sub(
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  b: usize,
  bRows: i32,
  bCols: i32,
): void {
  map2<Sub>(out, rows, cols, a, aRows, aCols, b, bRows, bCols);
}

@unmanaged
class Mul {
  @inline
  at(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}

export function mul(
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  b: usize,
  bRows: i32,
  bCols: i32,
): void {
  map2<Mul>(out, rows, cols, a, aRows, aCols, b, bRows, bCols);
}

@unmanaged
class Div {
  @inline
  at(a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
}

export function div(
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  b: usize,
  bRows: i32,
  bCols: i32,
): void {
  map2<Div>(out, rows, cols, a, aRows, aCols, b, bRows, bCols);
}

@unmanaged
class LessThan {
  @inline
  at(a: v128, b: v128): v128 {
    return v128.and(f32x4.lt(a, b), constant(ONE));
  }
}

export function lessThan(
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  b: usize,
  bRows: i32,
  bCols: i32,
): void {
  map2<LessThan>(out, rows, cols, a, aRows, aCols, b, bRows, bCols);
}

@unmanaged
class ClampGrad {
  @inline
  at(x: v128, dy: v128, low: v128, high: v128): v128 {
    return v128.and(dy, v128.and(f32x4.gt(x, low), f32x4.lt(x, high)));
  }
}

export function clampGrad(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  xRows: i32,
  xCols: i32,
  dy: usize,
  dyRows: i32,
  dyCols: i32,
  low: f32,
  high: f32,
): void {
  map2With<ClampGrad>(out, rows, cols, x, xRows, xCols, dy, dyRows, dyCols, low, high);
}

@unmanaged
class Identity {
  @inline
  at(x: v128): v128 {
    return x;
  }
}

@unmanaged
class Relu {
  @inline
  at(x: v128): v128 {
    return relu4(x);
  }
}

/** The loop of stretch.ts, eight elements at a time. */
function tanh(out: usize, x: usize, count: i32): void {
  const rest = count & 7, beside = besideRow(1);
  let end = out + (<usize>(count >> 3) << 5), restTo: usize = 0;
  for (;;) {
    for (; out < end; out += 32, x += 32) tanh8(out, x);
    if (restTo) copy(restTo, beside, rest);
    if (restTo || !rest) break;
    restTo = out;
    copy(beside, x, rest);
    x = out = beside;
    end = out + 32;
  }
}

@unmanaged
class Sigmoid {
  @inline
  at(x: v128): v128 {
    return sigmoid4(x);
  }
}

@unmanaged
class Softplus {
  @inline
  at(x: v128): v128 {
    return softplus4(x);
  }
}

@unmanaged
class Elu {
  @inline
  at(x: v128): v128 {
    return elu4(x);
  }
}

export function activation(out: usize, x: usize, count: i32, kind: i32): void {
  switch (kind) {
    case ACTIVATION_IDENTITY:
      return map1<Identity>(out, count, x);
    case ACTIVATION_RELU:
      return map1<Relu>(out, count, x);
    case ACTIVATION_TANH:
      return tanh(out, x, count);
    case ACTIVATION_SIGMOID:
      return map1<Sigmoid>(out, count, x);
    case ACTIVATION_SOFTPLUS:
      return map1<Softplus>(out, count, x);
    case ACTIVATION_ELU:
      return map1<Elu>(out, count, x);
  }
  unreachable();
}

@unmanaged
class IdentityGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return dy;
  }
}

@unmanaged
class ReluGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return v128.and(dy, f32x4.gt(y, f32x4.splat(0)));
  }
}

@unmanaged
class TanhGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return f32x4.mul(dy, f32x4.mul(f32x4.sub(constant(ONE), y), f32x4.add(constant(ONE), y)));
  }
}

@unmanaged
class SigmoidGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(constant(ONE), y)));
  }
}

@unmanaged
class SoftplusGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return f32x4.mul(dy, f32x4.neg(expm14(f32x4.neg(y))));
  }
}

@unmanaged
class EluGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return f32x4.mul(dy, f32x4.pmin(f32x4.add(y, constant(ONE)), constant(ONE)));
  }
}

/** `map2`, eight elements at a time where neither operand stretches: the engine checks each pointer once for two vectors. */
function grad<F>(
  out: usize,
  rows: i32,
  cols: i32,
  y: usize,
  yRows: i32,
  yCols: i32,
  dy: usize,
  dyRows: i32,
  dyCols: i32,
): void {
  const size = rows * cols;
  if (yRows * yCols == size && dyRows * dyCols == size) {
    const formula = changetype<F>(0);
    for (const end = out + (<usize>(size >> 3) << 5); out < end; out += 32, y += 32, dy += 32) {
      const left = formula.at(v128.load(y), v128.load(dy)), right = formula.at(v128.load(y, 16), v128.load(dy, 16));
      v128.store(out, left);
      v128.store(out, right, 16);
    }
    rows = yRows = dyRows = 1;
    cols = yCols = dyCols = size & 7;
  }
  map2<F>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
}

export function activationGrad(
  out: usize,
  rows: i32,
  cols: i32,
  y: usize,
  yRows: i32,
  yCols: i32,
  dy: usize,
  dyRows: i32,
  dyCols: i32,
  kind: i32,
): void {
  switch (kind) {
    case ACTIVATION_IDENTITY:
      return map2<IdentityGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
    case ACTIVATION_RELU:
      return grad<ReluGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
    case ACTIVATION_TANH:
      return grad<TanhGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
    case ACTIVATION_SIGMOID:
      return grad<SigmoidGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
    case ACTIVATION_SOFTPLUS:
      return grad<SoftplusGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
    case ACTIVATION_ELU:
      return map2<EluGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
  }
  unreachable();
}
