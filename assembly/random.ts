/**
 * randomNormal: standard normal noise, laid out as src/ops/random.ts says.
 *
 * Element (r, c) is lane c mod 4 of the Philox block of counter (⌊c/4⌋, firstRow·rowsPerBatchRow + r,
 * step, stream) under the key (seedLow, seedHigh). A block's words x0 … x3 become four normals by
 * Box & Muller (1958), with u1 in (0, 1) and u2 in [0, 1), both exact in float32:
 *
 *   u1 = ((x0 >>> 9) + ½) 2⁻²³, u2 = (x1 >>> 9) 2⁻²³, ρ = √(-2 ln u1): ρ cos 2πu2, ρ sin 2πu2
 *
 * and likewise of x2, x3. |normal| <= √(48 ln 2) = 5.77. Four blocks, in row-major order, are computed
 * together; where a row ends within a block, the block's last lanes are overwritten by the next row.
 */
import { storeLanes } from "./simd/lanes";
import { logNormal4 } from "./simd/log";
import {
  highWords,
  lowWords,
  PHILOX_M0,
  PHILOX_M1,
  PHILOX_ROUNDS,
  PHILOX_W0,
  PHILOX_W1,
  productsHigh,
  productsLow,
} from "./simd/philox";
import {
  angle4,
  cosInQuadrant,
  cosReduced,
  quadrant4,
  sinInQuadrant,
  sinReduced,
} from "./simd/sincos";

const TWO_MINUS_23 = reinterpret<f32>(0x34000000); // 1.1920929e-7
const KEY_SEED_LOW: usize = 0; // byte offsets of the words of the key input
const KEY_SEED_HIGH: usize = 4;
const KEY_STEP: usize = 8;
const KEY_FIRST_ROW: usize = 12;
const BLOCK_BYTES: usize = 16;

export function randomNormal(
  out: usize,
  rows: i32,
  cols: i32,
  rowsPerBatchRow: i32,
  key: usize,
  stream: u32,
): void {
  const blocksPerRow = (cols + 3) >> 2;
  const firstRow = load<u32>(key, KEY_FIRST_ROW) * rowsPerBatchRow;
  const step = i32x4.splat(load<u32>(key, KEY_STEP));
  const stream4 = i32x4.splat(stream);
  const seedLow = load<u32>(key, KEY_SEED_LOW), seedHigh = load<u32>(key, KEY_SEED_HIGH);

  // Column blocks and rows of the four counters, moved on by four blocks at a time.
  let block = firstBlocks(blocksPerRow);
  let row = i32x4.add(firstRows(blocksPerRow), i32x4.splat(firstRow));
  const blockStep = i32x4.splat(4 % blocksPerRow), rowStep = i32x4.splat(4 / blocksPerRow);

  const lastBlockBytes = (<usize> (cols - ((blocksPerRow - 1) << 2))) << 2;
  let left = rows * blocksPerRow, leftInRow = blocksPerRow;
  let pointer = out;
  while (left > 0) {
    let x0 = block, x1 = row, x2 = step, x3 = stream4;
    let key0 = i32x4.splat(seedLow), key1 = i32x4.splat(seedHigh);
    for (let round = 0; round < PHILOX_ROUNDS; round++) {
      const low0 = productsLow(x0, PHILOX_M0), high0 = productsHigh(x0, PHILOX_M0);
      const low1 = productsLow(x2, PHILOX_M1), high1 = productsHigh(x2, PHILOX_M1);
      x0 = v128.xor(highWords(low1, high1), v128.xor(x1, key0));
      x2 = v128.xor(highWords(low0, high0), v128.xor(x3, key1));
      x1 = lowWords(low1, high1);
      x3 = lowWords(low0, high0);
      key0 = i32x4.add(key0, i32x4.splat(PHILOX_W0));
      key1 = i32x4.add(key1, i32x4.splat(PHILOX_W1));
    }
  }
}
