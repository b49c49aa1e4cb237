/**
 * Sums, their adjoints, and log-sum-exp; formulas in src/ops/reductions.ts.
 *
 * Each sum runs in one fixed order: along a row in four vectors, then over their lanes; down a column in ascending
 * order. The error is at most (terms + 4) · 2^-24 · Σ|terms|.
 */
import { at, copy, fill, loadLanes, loadTail, storeLanes } from "./memory";
import { exp4 } from "./simd/exp";
import { madd } from "./simd/fma";
import { log4 } from "./simd/log";

/** The sum of the four lanes, (0 + 2) + (1 + 3). */
@inline
function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest lane; NaN if any is NaN. */
@inline
function maxLanes(v: v128): f32 {
  const pairs = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** Σ x over `count` consecutive elements. */
function sum(x: usize, count: i32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let i = 0;
  for (; i <= count - 16; i += 16) {
    s0 = f32x4.add(s0, v128.load(at(x, i)));
    s1 = f32x4.add(s1, v128.load(at(x, i), 16));
    s2 = f32x4.add(s2, v128.load(at(x, i), 32));
    s3 = f32x4.add(s3, v128.load(at(x, i), 48));
  }
  for (; i <= count - 4; i += 4) s0 = f32x4.add(s0, v128.load(at(x, i)));
  if (i < count) s0 = f32x4.add(s0, loadTail(at(x, i), count - i, f32x4.splat(0)));
  return sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

/**
 * out [1, 1] = Σ x² over `count` elements.
 * @param before the address of a number to add it to; 0 for none
 */
export function squaredNorm(out: usize, x: usize, count: i32, before: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let i = 0;
  for (; i <= count - 16; i += 16) {
    const x0 = v128.load(at(x, i)), x1 = v128.load(at(x, i), 16);
    const x2 = v128.load(at(x, i), 32), x3 = v128.load(at(x, i), 48);
    s0 = madd(x0, x0, s0);
    s1 = madd(x1, x1, s1);
    s2 = madd(x2, x2, s2);
    s3 = madd(x3, x3, s3);
  }
  for (; i < count; i += 4) {
    const rest = loadLanes(at(x, i), min(count - i, 4));
    s0 = madd(rest, rest, s0);
  }
  const norm = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  store<f32>(out, before ? load<f32>(before) + norm : norm);
}

/**
 * out [1, cols] = Σ over the rows of x [rows, cols]; divided by `rows` if `mean` is not zero.
 * @param line the columns of the whole matrix, if x is `cols` adjacent columns of a larger one
 */
export function sumRows(out: usize, x: usize, rows: i32, cols: i32, mean: i32, line: i32): void {
  const divisor = mean ? <f32>rows : <f32>1;
  if (line == 1) store<f32>(out, sum(x, rows) / divisor);
  else sumDown(out, x, rows, cols, line, divisor);
}

/** out [groups, cols]: each row is the sum of `size` rows of x [groups · size, cols]. */
export function sumGroups(out: usize, x: usize, groups: i32, size: i32, cols: i32): void {
  for (let group = 0; group < groups; group++) {
    const from = at(x, group * size * cols), to = at(out, group * cols);
    if (cols == 1) store<f32>(to, sum(from, size));
    else sumDown(to, from, size, cols, cols, 1);
  }
}

/** The column sums of [rows, cols], four vectors of columns at a time. */
function sumDown(out: usize, x: usize, rows: i32, cols: i32, line: i32, divisor: f32): void {
  const stride = <usize>line << 2, divisors = f32x4.splat(divisor);
  let col = 0;
  for (; col <= cols - 16; col += 16) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let row = 0, from = at(x, col); row < rows; row++, from += stride) {
      s0 = f32x4.add(s0, v128.load(from));
      s1 = f32x4.add(s1, v128.load(from, 16));
      s2 = f32x4.add(s2, v128.load(from, 32));
      s3 = f32x4.add(s3, v128.load(from, 48));
    }
    v128.store(at(out, col), f32x4.div(s0, divisors));
    v128.store(at(out, col), f32x4.div(s1, divisors), 16);
    v128.store(at(out, col), f32x4.div(s2, divisors), 32);
    v128.store(at(out, col), f32x4.div(s3, divisors), 48);
  }
  // Training often has eight: their two sums wait together.
  for (; !isDefined(FORWARD_ONLY) && col <= cols - 8; col += 8) {
    let s0 = f32x4.splat(0), s1 = s0;
    for (let row = 0, from = at(x, col); row < rows; row++, from += stride) {
      s0 = f32x4.add(s0, v128.load(from));
      s1 = f32x4.add(s1, v128.load(from, 16));
    }
    v128.store(at(out, col), f32x4.div(s0, divisors));
    v128.store(at(out, col), f32x4.div(s1, divisors), 16);
  }
  for (; col < cols; col += 4) {
    const lanes = min(cols - col, 4);
    let s = f32x4.splat(0);
    for (let row = 0, from = at(x, col); row < rows; row++, from += stride) {
      s = f32x4.add(s, loadLanes(from, lanes));
    }
    storeLanes(at(out, col), f32x4.div(s, divisors), lanes);
  }
}

/** out [rows, 1] = Σ over the columns of x [rows, cols]. */
export function sumCols(out: usize, x: usize, rows: i32, cols: i32): void {
  for (let row = 0; row < rows; row++) store<f32>(at(out, row), sum(at(x, row * cols), cols));
}

/**
 * out [rows, cols] from x [xRows, xCols]; a single row or column is repeated. Divided by rows / xRows if `mean` is not
 * zero.
 */
export function broadcast(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  xRows: i32,
  xCols: i32,
  mean: i32,
): void {
  const divisor = mean ? <f32>(rows / xRows) : <f32>1;
  if (!isDefined(FORWARD_ONLY) && xRows * xCols == 1) return fill(out, load<f32>(x) / divisor, rows * cols);
  for (let row = 0; row < rows; row++) {
    const to = at(out, row * cols), from = at(x, xRows == 1 ? 0 : row * xCols);
    if (xCols == 1) fill(to, load<f32>(from) / divisor, cols);
    else if (divisor == 1) copy(to, from, cols);
    else divide(to, from, divisor, cols);
  }
}

function divide(to: usize, from: usize, divisor: f32, count: i32): void {
  const divisors = f32x4.splat(divisor);
  for (let i = 0; i < count; i += 4) {
    const lanes = min(count - i, 4);
    storeLanes(at(to, i), f32x4.div(loadLanes(at(from, i), lanes), divisors), lanes);
  }
}

/** out [rows · times, cols]: each row of x [rows, cols] repeated `times` times. */
export function repeatRows(out: usize, x: usize, rows: i32, cols: i32, times: i32): void {
  for (let row = 0; row < rows; row++) {
    const from = at(x, row * cols);
    for (let i = 0; i < times; i++) copy(at(out, (row * times + i) * cols), from, cols);
  }
}

/** The largest of `count` consecutive elements; NaN if any is NaN. */
function maximum(x: usize, count: i32): f32 {
  const lowest = f32x4.splat(-Infinity as f32);
  let largest = lowest;
  let i = 0;
  for (; i <= count - 4; i += 4) largest = f32x4.max(largest, v128.load(at(x, i)));
  return maxLanes(f32x4.max(largest, loadTail(at(x, i), count - i, lowest)));
}

/** out [rows, 1] = m + ln Σ e^(x - m), m the row's maximum; m itself if it is not finite. */
export function logSumExpCols(out: usize, x: usize, rows: i32, cols: i32): void {
  for (let row = 0; row < rows; row++) {
    const from = at(x, row * cols), m = maximum(from, cols);
    store<f32>(at(out, row), isFinite(m) ? m + logSumOver(from, cols, m) : m);
  }
}

/** ln Σ e^(x - m). */
function logSumOver(x: usize, count: i32, m: f32): f32 {
  const shift = f32x4.splat(m), lowest = f32x4.splat(-Infinity as f32);
  let total = f32x4.splat(0);
  for (; count > 0; count -= 4, x += 16) {
    const lanes = count < 4 ? loadTail(x, count, lowest) : v128.load(x);
    total = f32x4.add(total, exp4(f32x4.sub(lanes, shift)));
  }
  return f32x4.extract_lane(log4(f32x4.splat(sumLanes(total))), 0);
}

/** out [rows, cols] = e^(x - m) / Σ e^(x - m), m the row's maximum. */
export function softmaxCols(out: usize, x: usize, rows: i32, cols: i32): void {
  for (let row = 0; row < rows; row++) {
    const from = at(x, row * cols), to = at(out, row * cols);
    const shift = f32x4.splat(maximum(from, cols));
    for (let i = 0; i < cols; i += 4) {
      const lanes = min(cols - i, 4);
      storeLanes(at(to, i), exp4(f32x4.sub(loadLanes(at(from, i), lanes), shift)), lanes);
    }
    divide(to, to, sum(to, cols), cols);
  }
}
