/**
 * Mean and covariance (1/N) of rows, in float64 and one pass: all that a linear Gaussian model needs from its data.
 *
 *   S = 1/N Σ (x - x₁)(x - x₁)ᵀ - (μ - x₁)(μ - x₁)ᵀ
 *
 * The first row x₁ is the origin (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983):
 * (μ - x₁)² ≤ N var, so the subtraction loses at most the digits of N, whatever the mean; and cells equal to the first
 * row's, such as the border of images, cost nothing. Rows are processed in groups of four, so that a cell of S is
 * loaded once for four products. N·D²/2 multiply-adds.
 */
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Steps } from "../../trained/steps.ts";

/** Mean `[D]` and covariance `[D, D]`, row-major, of N rows. */
export interface Moments {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** Rows between two steps. */
const BLOCK_ROWS = 512;

/** Rows processed together. */
const LANES = 4;

/** A step is a block of rows. */
export function* momentSteps({ data, shape: [rows, columns] }: Matrix): Steps<Moments> {
  const origin = Float64Array.from(data.subarray(0, columns));
  const sums = new Float64Array(columns), products = new Float64Array(columns * columns);
  const lanes = Array.from({ length: LANES }, () => new Float64Array(columns));
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const end = Math.min(rows, first + BLOCK_ROWS);
    for (let row = first; row < end; row += LANES) {
      lanes.forEach((lane, i) => {
        if (row + i < end) shift(data, (row + i) * columns, origin, lane, sums);
        else lane.fill(0);
      });
      addProducts(lanes, products, columns);
    }
    yield;
  }
  const offset = sums.map((sum) => sum / rows);
  for (let i = 0; i < columns; i++) {
    for (let j = i; j < columns; j++) {
      const value = products[i * columns + j] / rows - offset[i] * offset[j];
      products[i * columns + j] = products[j * columns + i] = value;
    }
  }
  return { mean: offset.map((value, c) => value + origin[c]), covariance: products };
}

/** Sets lane = row - origin, and adds it to the sums. */
function shift(
  data: Float32Array,
  from: number,
  origin: Float64Array,
  lane: Float64Array,
  sums: Float64Array,
): void {
  for (let c = 0; c < lane.length; c++) {
    const value = data[from + c] - origin[c];
    lane[c] = value;
    sums[c] += value;
  }
}

/** Adds the products of four rows to the upper triangle. */
function addProducts(
  [a, b, c, d]: readonly Float64Array[],
  products: Float64Array,
  columns: number,
): void {
  for (let i = 0; i < columns; i++) {
    const ai = a[i], bi = b[i], ci = c[i], di = d[i];
    if (ai === 0 && bi === 0 && ci === 0 && di === 0) continue;
    const row = i * columns;
    for (let j = i; j < columns; j++) {
      products[row + j] += ai * a[j] + bi * b[j] + ci * c[j] + di * d[j];
    }
  }
}
