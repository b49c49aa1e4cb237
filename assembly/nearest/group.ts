/**
 * The tiles of four rows and a group of columns, in the layout of the loop in `matmul/tile.ts`. A tile of 4 × 8 is
 * eight vectors in this order:
 *
 *   vector 2r + h, lane j    row (j + r) mod 4, column 4h + j of the tile
 */
import { madd } from "../simd/fma";
import { GROUP_BYTES, rowsAt, TILE_BYTES } from "./workspace_layout";

/**
 * Writes the tiles. Each element is one chain over k in ascending order, then the bias.
 * @param minima where to write the minima of each lane of vectors 2r and 2r + 1; NaN is ignored
 */
export function group(to: usize, panel: usize, depth: i32, minima: usize): void {
  const rows = rowsAt(), rowsEnd = rows + (<usize>depth << 4);
  let m0 = f32x4.splat(Infinity as f32), m1 = m0, m2 = m0, m3 = m0;
  for (const end = to + GROUP_BYTES; to < end; to += TILE_BYTES) {
    let d0 = f32x4.splat(0), d1 = d0, d2 = d0, d3 = d0, e0 = d0, e1 = d0, e2 = d0, e3 = d0;
    const biasLeft = v128.load(panel), biasRight = v128.load(panel, 16);
    let a = rows;
    panel += 32;
    do {
      const lanes = v128.load(a), left = v128.load(panel), right = v128.load(panel, 16);
      d0 = madd(lanes, left, d0);
      e0 = madd(lanes, right, e0);
      const rotated1 = v128.shuffle<f32>(lanes, lanes, 1, 2, 3, 0);
      d1 = madd(rotated1, left, d1);
      e1 = madd(rotated1, right, e1);
      const rotated2 = v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1);
      d2 = madd(rotated2, left, d2);
      e2 = madd(rotated2, right, e2);
      const rotated3 = v128.shuffle<f32>(lanes, lanes, 3, 0, 1, 2);
      d3 = madd(rotated3, left, d3);
      e3 = madd(rotated3, right, e3);
      a += 16;
      panel += 32;
    } while (a < rowsEnd);
    m0 = put(to, f32x4.add(d0, biasLeft), f32x4.add(e0, biasRight), m0);
    m1 = put(to + 32, f32x4.add(d1, biasLeft), f32x4.add(e1, biasRight), m1);
    m2 = put(to + 64, f32x4.add(d2, biasLeft), f32x4.add(e2, biasRight), m2);
    m3 = put(to + 96, f32x4.add(d3, biasLeft), f32x4.add(e3, biasRight), m3);
  }
  v128.store(minima, m0);
  v128.store(minima, m1, 16);
  v128.store(minima, m2, 32);
  v128.store(minima, m3, 48);
}

/** Writes two vectors, and returns the lane minima of both and of `least`. */
@inline
function put(to: usize, left: v128, right: v128, least: v128): v128 {
  v128.store(to, left);
  v128.store(to, right, 16);
  return f32x4.pmin(f32x4.pmin(least, left), right);
}

