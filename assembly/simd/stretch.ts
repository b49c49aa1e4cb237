/**
 * The loop shared by all elementwise kernels: out = formula(a, b, c, d; p, q), with one to four broadcast operands and
 * up to two scalar attributes.
 *
 * An operand [1, C] is broadcast to every row of the output [R, C], [R, 1] to every column, [1, 1] to every element. If
 * each operand has the output's size or is [1, 1], the output is processed as one row of R·C elements. All operands of
 * a position are loaded before it is stored, so the output may overwrite an operand of the same size. The end of a row
 * uses the same vector formula, so the position of an element changes no bits.
 *
 * A formula is a class with one inline method `at`. The class only names the formula for the compiler: it is never
 * instantiated and has no memory, and its method is compiled into the loop of its own instance of `map`. A callback
 * would be an indirect call for every vector.
 */
import { at, loadTail, storeTail } from "../memory";
import { rowTail } from "../workspace";

/** out = f(a). */
@inline
export function map1<F>(out: usize, count: i32, a: usize): void {
  walk<Unary<F>>(out, count, a, 0, 0);
}

/** out = f(a; p, q). */
@inline
export function map1With<F>(out: usize, count: i32, a: usize, p: f32, q: f32): void {
  walk<UnaryWith<F>>(out, count, a, p, q);
}

/** out = f(a, b). */
@inline
export function map2<F>(
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
  map<Binary<F>>(2, out, rows, cols, a, aRows, aCols, b, bRows, bCols, 0, 1, 1, 0, 1, 1, 0, 0);
}

/** out = f(a, b; p, q). */
@inline
export function map2With<F>(
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  b: usize,
  bRows: i32,
  bCols: i32,
  p: f32,
  q: f32,
): void {
  map<BinaryWith<F>>(2, out, rows, cols, a, aRows, aCols, b, bRows, bCols, 0, 1, 1, 0, 1, 1, p, q);
}

/** out = f(a, b, c). */
@inline
export function map3<F>(
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  b: usize,
  bRows: i32,
  bCols: i32,
  c: usize,
  cRows: i32,
  cCols: i32,
): void {
  map<Ternary<F>>(
    3, out, rows, cols, a, aRows, aCols, b, bRows, bCols, c, cRows, cCols, 0, 1, 1, 0, 0,
  );
}

/** out = f(a, b, c, d). */
@inline
export function map4<F>(
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  b: usize,
  bRows: i32,
  bCols: i32,
  c: usize,
  cRows: i32,
  cCols: i32,
  d: usize,
  dRows: i32,
  dCols: i32,
): void {
  map<Quaternary<F>>(
    4, out, rows, cols, a, aRows, aCols, b, bRows, bCols, c, cRows, cCols, d, dRows, dCols, 0, 0,
  );
}

/**
 * The loop. `operands` is a constant, so absent operands cost nothing. An operand is a pointer and a step. For one that
 * does not move, its element is copied four times to a buffer, with step 0; the end of a row is copied to a buffer as
 * one vector. So the inner loop has no special cases: the formula, a load per operand, one store.
 */
@inline
function map<F>(
  operands: i32,
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  b: usize,
  bRows: i32,
  bCols: i32,
  c: usize,
  cRows: i32,
  cCols: i32,
  d: usize,
  dRows: i32,
  dCols: i32,
  p: f32,
  q: f32,
): void {
  const size = rows * cols;
  let isFlat = isWhole(size, aRows * aCols);
  if (operands > 1) isFlat = isFlat && isWhole(size, bRows * bCols);
  if (operands > 2) isFlat = isFlat && isWhole(size, cRows * cCols);
  if (operands > 3) isFlat = isFlat && isWhole(size, dRows * dCols);
  const height = isFlat ? 1 : rows, width = isFlat ? size : cols;
  const wholeBytes = <usize>(width >> 2) << 4, rest = width & 3;
  const aStep = stepOf(aRows, aCols, isFlat), bStep = stepOf(bRows, bCols, isFlat);
  const cStep = stepOf(cRows, cCols, isFlat), dStep = stepOf(dRows, dCols, isFlat);
  const p4 = f32x4.splat(p), q4 = f32x4.splat(q);
  const nothing = f32x4.splat(0);
  const formula = changetype<F>(0);
  for (let row = 0; row < height; row++) {
    let a4 = rowStart(1, a, aRows, aCols, row, aStep), b4: usize = 0, c4: usize = 0, d4: usize = 0;
    if (operands > 1) b4 = rowStart(2, b, bRows, bCols, row, bStep);
    if (operands > 2) c4 = rowStart(3, c, cRows, cCols, row, cStep);
    if (operands > 3) d4 = rowStart(4, d, dRows, dCols, row, dStep);
    let to = at(out, row * width), end = to + wholeBytes, restTo: usize = 0;
    for (;;) {
      for (; to < end; to += 16) {
        const value = formula.at(
          v128.load(a4),
          operands > 1 ? v128.load(b4) : nothing,
          operands > 2 ? v128.load(c4) : nothing,
          operands > 3 ? v128.load(d4) : nothing,
          p4,
          q4,
        );
        v128.store(to, value);
        a4 += aStep;
        if (operands > 1) b4 += bStep;
        if (operands > 2) c4 += cStep;
        if (operands > 3) d4 += dStep;
      }
      if (restTo) storeTail(restTo, v128.load(rowTail(0)), rest);
      if (restTo || !rest) break;
      restTo = to;
      a4 = restOf(1, a4, rest, aStep);
      if (operands > 1) b4 = restOf(2, b4, rest, bStep);
      if (operands > 2) c4 = restOf(3, c4, rest, cStep);
      if (operands > 3) d4 = restOf(4, d4, rest, dStep);
      to = rowTail(0);
      end = to + 16;
    }
  }
}

/** The same for a single operand, which needs no broadcasting. */
@inline
function walk<F>(out: usize, count: i32, a: usize, p: f32, q: f32): void {
  const rest = count & 3, p4 = f32x4.splat(p), q4 = f32x4.splat(q), nothing = f32x4.splat(0);
  const formula = changetype<F>(0);
  let end = out + (<usize>(count >> 2) << 4), restTo: usize = 0;
  for (;;) {
    for (; out < end; out += 16, a += 16) {
      v128.store(out, formula.at(v128.load(a), nothing, nothing, nothing, p4, q4));
    }
    if (restTo) storeTail(restTo, v128.load(rowTail(0)), rest);
    if (restTo || !rest) break;
    restTo = out;
    a = restOf(1, a, rest, 16);
    out = rowTail(0);
    end = out + 16;
  }
}

@inline
function isWhole(size: i32, operandSize: i32): bool {
  return operandSize == size || operandSize == 1;
}

/** 16 if the operand has an element for each column of the loop, 0 if it has one for all. */
@inline
function stepOf(rows: i32, cols: i32, isFlat: bool): usize {
  return (isFlat ? rows * cols != 1 : cols != 1) ? 16 : 0;
}

// Neither is inline: four copies in each kernel would be a third of the build.

/** Start of an operand's part of a row; an operand that does not move is splatted into the buffer. */
function rowStart(
  slot: i32,
  pointer: usize,
  rows: i32,
  cols: i32,
  row: i32,
  step: usize,
): usize {
  const start = rows == 1 ? pointer : at(pointer, row * cols);
  if (step) return start;
  const tail = rowTail(slot);
  v128.store(tail, v128.load32_splat(start));
  return tail;
}

/** The last `count` elements of an operand's row, copied to the buffer. */
function restOf(slot: i32, pointer: usize, count: i32, step: usize): usize {
  if (!step) return pointer;
  const tail = rowTail(slot);
  v128.store(tail, loadTail(pointer, count, f32x4.splat(0)));
  return tail;
}

@unmanaged
class Unary<F> {
  @inline
  at(a: v128, b: v128, c: v128, d: v128, p: v128, q: v128): v128 {
    return changetype<F>(0).at(a);
  }
}

@unmanaged
class UnaryWith<F> {
  @inline
  at(a: v128, b: v128, c: v128, d: v128, p: v128, q: v128): v128 {
    return changetype<F>(0).at(a, p, q);
  }
}

@unmanaged
class Binary<F> {
  @inline
  at(a: v128, b: v128, c: v128, d: v128, p: v128, q: v128): v128 {
    return changetype<F>(0).at(a, b);
  }
}

@unmanaged
class BinaryWith<F> {
  @inline
  at(a: v128, b: v128, c: v128, d: v128, p: v128, q: v128): v128 {
    return changetype<F>(0).at(a, b, p, q);
  }
}

@unmanaged
class Ternary<F> {
  @inline
  at(a: v128, b: v128, c: v128, d: v128, p: v128, q: v128): v128 {
    return changetype<F>(0).at(a, b, c);
  }
}

@unmanaged
class Quaternary<F> {
  @inline
  at(a: v128, b: v128, c: v128, d: v128, p: v128, q: v128): v128 {
    return changetype<F>(0).at(a, b, c, d);
  }
}
