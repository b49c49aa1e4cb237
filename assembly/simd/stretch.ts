/**
 * The one loop of all elementwise kernels: out = formula(a, b, c, d; p, q), of one to four operands
 * that stretch and up to two scalar attributes.
 *
 * An operand [1, C] serves every row of the output [R, C], [R, 1] every column, [1, 1] every element.
 * If each is of the output's size or [1, 1], the output is walked as one row of R·C elements. All
 * operands of a position are loaded before it is stored, so the output may overwrite an operand of
 * its own size; the end of a row goes through the same vector formula, so position changes no bits.
 *
 * A formula is a class with one inline method `at`. The class is a name for the compiler and nothing
 * else: it is never instantiated and has no memory; its method is compiled into the loop of its own
 * instance of `map`. Hence not a callback: a function index is an indirect call for every vector.
 */
import { at, loadTail, storeLanes } from "../memory";

/** out = f(a). */
@inline
export function map1<F>(out: usize, count: i32, a: usize): void {
  map<Unary<F>>(1, out, 1, count, a, 1, count, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0);
}

/** out = f(a; p, q). */
@inline
export function map1With<F>(out: usize, count: i32, a: usize, p: f32, q: f32): void {
  map<UnaryWith<F>>(1, out, 1, count, a, 1, count, 0, 1, 1, 0, 1, 1, 0, 1, 1, p, q);
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

/** The loop. `operands` is a constant, so that absent operands cost nothing. */
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
  const aMoves = moves(aRows, aCols, isFlat), bMoves = moves(bRows, bCols, isFlat);
  const cMoves = moves(cRows, cCols, isFlat), dMoves = moves(dRows, dCols, isFlat);
  const p4 = f32x4.splat(p), q4 = f32x4.splat(q);
  const nothing = f32x4.splat(0);
  const formula = changetype<F>(0);
  for (let row = 0; row < height; row++) {
    const aRow = rowStart(a, aRows, aCols, row), bRow = rowStart(b, bRows, bCols, row);
    const cRow = rowStart(c, cRows, cCols, row), dRow = rowStart(d, dRows, dCols, row);
    const outRow = at(out, row * width);
    for (let col = 0; col < width; col += 4) {
      const left = width - col;
      const value = formula.at(
        loadOperand(aRow, aMoves, col, left),
        operands > 1 ? loadOperand(bRow, bMoves, col, left) : nothing,
        operands > 2 ? loadOperand(cRow, cMoves, col, left) : nothing,
        operands > 3 ? loadOperand(dRow, dMoves, col, left) : nothing,
        p4,
        q4,
      );
      storeLanes(at(outRow, col), value, min(left, 4));
    }
  }
}

@inline
function isWhole(size: i32, operandSize: i32): bool {
  return operandSize == size || operandSize == 1;
}

/** Whether the operand has an element for each column of the walk, rather than one for all. */
@inline
function moves(rows: i32, cols: i32, isFlat: bool): bool {
  return isFlat ? rows * cols != 1 : cols != 1;
}

@inline
function rowStart(pointer: usize, rows: i32, cols: i32, row: i32): usize {
  return rows == 1 ? pointer : at(pointer, row * cols);
}

/** Four elements from column `col`, or those that are `left`. */
@inline
function loadOperand(row: usize, moves: bool, col: i32, left: i32): v128 {
  if (!moves) return v128.load32_splat(row);
  return left < 4 ? loadEnd(at(row, col), left) : v128.load(at(row, col));
}

// Not inline: four in each kernel would be a third of the build.
function loadEnd(pointer: usize, left: i32): v128 {
  return loadTail(pointer, left, f32x4.splat(0));
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
