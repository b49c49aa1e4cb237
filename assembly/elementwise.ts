/**
 * Elementwise kernels. Formulas: src/ops/elementwise.ts; loops and broadcasting: simd/stretch.ts; accuracy:
 * docs/accuracy.md. Sizes in elements, pointers in bytes, aligned to 4.
 *
 *   add a+b   sub a-b   mul a·b   div a/b   affine scale·x + offset   exp eˣ   log ln x
 *   log1p ln(1 + x)
 *   clamp min(max(x, low), high)   clampGrad dy where low < x < high, else 0
 *   lessThan 1 where a < b, else 0
 */
import { constant, ONE } from "./memory";
import { exp4 } from "./simd/exp";
import { madd } from "./simd/fma";
import { log1p4, log4 } from "./simd/log";
import { map1, map1With, map2, map2With } from "./simd/stretch";

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

@inline
export function clamp4(x: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, low), high);
}

@unmanaged
class Clamp {
  @inline
  at(x: v128, low: v128, high: v128): v128 {
    return clamp4(x, low, high);
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

@inline
export function clampGrad4(x: v128, dy: v128, low: v128, high: v128): v128 {
  return v128.and(dy, v128.and(f32x4.gt(x, low), f32x4.lt(x, high)));
}

@unmanaged
class ClampGrad {
  @inline
  at(x: v128, dy: v128, low: v128, high: v128): v128 {
    return clampGrad4(x, dy, low, high);
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
