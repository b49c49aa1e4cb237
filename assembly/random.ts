/**
 * randomNormal and randomUniform: noise, laid out as in src/ops/random.ts.
 *
 * Element (r, c) is lane c mod 4 of the Philox block of counter (⌊c/4⌋, firstRow·rowsPerBatchRow + r,
 * step, stream) under the key (seedLow, seedHigh). A block's words x0 … x3 become four normals by
 * Box & Muller (1958), with u in (0, 1) and v in [0, 1), both exact in float32:
 *
 *   u = ((x0 >>> 9) + ½) 2⁻²³, v = (x1 >>> 9) 2⁻²³; √(-2 ln u) cos 2πv, √(-2 ln u) sin 2πv
 *
 * and likewise for x2 and x3. No normal exceeds √(48 ln 2) = 5.77. Uniforms are (x >>> 8) 2⁻²⁴, exact.
 */
import { constant, HALF, storeLanes } from "./memory";
import { logNormal4 } from "./simd/log";
import { highWords, lowWords, productsHigh, productsLow } from "./simd/philox";
import { PHILOX_M0, PHILOX_M1, PHILOX_ROUNDS, PHILOX_W0, PHILOX_W1 } from "./simd/philox";
import { cosTwoPi4, sinTwoPi4 } from "./simd/sincos";

const TWO_MINUS_23 = memory.data<u32>([0x34000000], 4); // 1.1920929e-7
const TWO_MINUS_24 = memory.data<u32>([0x33800000], 4); // 5.9604645e-8
const MINUS_TWO = memory.data<u32>([0xc0000000], 4); // -2

// Byte offsets of the words of the key input.
const SEED_LOW_BYTE: usize = 0;
const SEED_HIGH_BYTE: usize = 4;
const STEP_BYTE: usize = 8;
const FIRST_ROW_BYTE: usize = 12;

export function randomNormal(
  out: usize,
  rows: i32,
  cols: i32,
  rowsPerBatchRow: i32,
  key: usize,
  stream: u32,
  before: i32,
): void {
  draw(true, out, rows, cols, rowsPerBatchRow, key, stream, before);
}

export function randomUniform(
  out: usize,
  rows: i32,
  cols: i32,
  rowsPerBatchRow: i32,
  key: usize,
  stream: u32,
  before: i32,
): void {
  draw(false, out, rows, cols, rowsPerBatchRow, key, stream, before);
}

/**
 * Computes four blocks at a time in row-major order, so no lane is idle even in narrow outputs. One function for both
 * kernels: apart, they take 1 kB more and are no faster.
 * @param before number of rows of the batch's noise before `out`
 */
function draw(
  normal: bool,
  out: usize,
  rows: i32,
  cols: i32,
  rowsPerBatchRow: i32,
  key: usize,
  stream: u32,
  before: i32,
): void {
  const blocksPerRow = (cols + 3) >> 2, end = out + (<usize>(rows * cols) << 2);
  const firstRow = i32x4.splat(load<u32>(key, FIRST_ROW_BYTE) * rowsPerBatchRow + before);
  const seedLow = i32x4.splat(load<u32>(key, SEED_LOW_BYTE));
  const seedHigh = i32x4.splat(load<u32>(key, SEED_HIGH_BYTE));
  const step = i32x4.splat(load<u32>(key, STEP_BYTE));
  const m0 = constant(PHILOX_M0), m1 = constant(PHILOX_M1);
  const w0 = constant(PHILOX_W0), w1 = constant(PHILOX_W1);

  // Block within its row, and row, of four consecutive blocks; the loop advances both by four blocks.
  let block = remainders(blocksPerRow), row = quotients(blocksPerRow);
  for (let left = rows * blocksPerRow; left > 0; left -= 4) {
    let x0 = block, x1 = i32x4.add(row, firstRow), x2 = step, x3 = i32x4.splat(stream);
    let key0 = seedLow, key1 = seedHigh;
    for (let round = 0; round < PHILOX_ROUNDS; round++) {
      const low0 = productsLow(x0, m0), high0 = productsHigh(x0, m0);
      const low1 = productsLow(x2, m1), high1 = productsHigh(x2, m1);
      x0 = v128.xor(highWords(low1, high1), v128.xor(x1, key0));
      x2 = v128.xor(highWords(low0, high0), v128.xor(x3, key1));
      x1 = lowWords(low1, high1);
      x3 = lowWords(low0, high0);
      key0 = i32x4.add(key0, w0);
      key1 = i32x4.add(key1, w1);
    }
    const rowBytes = i32x4.mul(row, i32x4.splat(cols << 2));
    const offsets = i32x4.add(rowBytes, i32x4.shl(block, 4));
    if (normal) {
      const radius = radius4(x0), v = angle4(x1);
      const n0 = f32x4.mul(radius, cosTwoPi4(v)), n1 = f32x4.mul(radius, sinTwoPi4(v));
      const radius2 = radius4(x2), v2 = angle4(x3);
      const n2 = f32x4.mul(radius2, cosTwoPi4(v2)), n3 = f32x4.mul(radius2, sinTwoPi4(v2));
      storeBlocks(out, end, offsets, n0, n1, n2, n3);
    } else {
      storeBlocks(out, end, offsets, uniform4(x0), uniform4(x1), uniform4(x2), uniform4(x3));
    }
    block = i32x4.add(block, i32x4.splat(4 % blocksPerRow));
    row = i32x4.add(row, i32x4.splat(4 / blocksPerRow));
    const isPast = i32x4.ge_s(block, i32x4.splat(blocksPerRow));
    block = i32x4.sub(block, v128.and(isPast, i32x4.splat(blocksPerRow)));
    row = i32x4.sub(row, isPast);
  }
}

/** 0, 1, 2, 3 modulo `divisor`. */
@inline
function remainders(divisor: i32): v128 {
  const zeroOne = i32x4.replace_lane(i32x4.splat(0), 1, 1 % divisor);
  return i32x4.replace_lane(i32x4.replace_lane(zeroOne, 2, 2 % divisor), 3, 3 % divisor);
}

/** ⌊0, 1, 2, 3 / divisor⌋. */
@inline
function quotients(divisor: i32): v128 {
  const zeroOne = i32x4.replace_lane(i32x4.splat(0), 1, 1 / divisor);
  return i32x4.replace_lane(i32x4.replace_lane(zeroOne, 2, 2 / divisor), 3, 3 / divisor);
}

/** Uniforms from random words. */
@inline
function uniform4(words: v128): v128 {
  const top = f32x4.convert_i32x4_s(i32x4.shr_u(words, 8));
  return f32x4.mul(top, constant(TWO_MINUS_24));
}

/** v from random words. */
@inline
function angle4(words: v128): v128 {
  const top = f32x4.convert_i32x4_s(i32x4.shr_u(words, 9));
  return f32x4.mul(top, constant(TWO_MINUS_23));
}

/** √(-2 ln u) from random words. */
@inline
function radius4(words: v128): v128 {
  const top = f32x4.convert_i32x4_s(i32x4.shr_u(words, 9));
  const u = f32x4.mul(f32x4.add(top, constant(HALF)), constant(TWO_MINUS_23));
  return f32x4.sqrt(f32x4.mul(logNormal4(u), constant(MINUS_TWO)));
}

/**
 * Transposes four blocks, whose first … fourth draws are in n0 … n3, and stores the part before `end`. A block at the
 * end of a row may overwrite the start of later rows, whose own blocks are stored later; blocks past the last row store
 * nothing.
 */
@inline
function storeBlocks(
  out: usize,
  end: usize,
  offsets: v128,
  n0: v128,
  n1: v128,
  n2: v128,
  n3: v128,
): void {
  const a = v128.shuffle<i32>(n0, n1, 0, 4, 1, 5), b = v128.shuffle<i32>(n2, n3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(n0, n1, 2, 6, 3, 7), d = v128.shuffle<i32>(n2, n3, 2, 6, 3, 7);
  storeBlock(out + i32x4.extract_lane(offsets, 0), end, v128.shuffle<i64>(a, b, 0, 2));
  storeBlock(out + i32x4.extract_lane(offsets, 1), end, v128.shuffle<i64>(a, b, 1, 3));
  storeBlock(out + i32x4.extract_lane(offsets, 2), end, v128.shuffle<i64>(c, d, 0, 2));
  storeBlock(out + i32x4.extract_lane(offsets, 3), end, v128.shuffle<i64>(c, d, 1, 3));
}

@inline
function storeBlock(pointer: usize, end: usize, block: v128): void {
  if (pointer < end) storeLanes(pointer, block, min(<i32>(end - pointer) >> 2, 4));
}
