/**
 * k nearest neighbours: a row's score is its Euclidean distance to the k-th nearest training row, with k = 5 as in the
 * published tables.
 *
 * Source: Ramaswamy, Rastogi and Shim, "Efficient algorithms for mining outliers from large data sets", 2000. Exact:
 * every training row is visited, and abandoned once it is farther than the k-th nearest so far.
 */
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Baseline } from "./baseline.ts";

/** Columns between checks of whether a row is already too far away. */
const STRIDE = 16;

/** @param k which neighbour counts; with fewer training rows, the farthest */
export function knn(k = 5): Baseline {
  return (training) => {
    const atMostK = (rows: number) => Math.max(1, Math.min(k, rows)),
      count = atMostK(training.shape[0]);
    return (rows, ownRows) => {
      const nearest = new Float64Array(count),
        nearestOthers = nearest.subarray(0, atMostK(training.shape[0] - 1));
      return Float64Array.from({ length: rows.shape[0] }, (_, r) => {
        const ownRow = ownRows?.[r] ?? -1, found = ownRow < 0 ? nearest : nearestOthers;
        return Math.sqrt(nearestSquares(training, rows, r, found, ownRow));
      });
    };
  };
}

/**
 * Fills `nearest` with the smallest squared distances of row `r` to all rows but `itself`, ascending. Returns the
 * largest.
 */
function nearestSquares(
  { data: known, shape: [count, width] }: Matrix,
  { data }: Matrix,
  r: number,
  nearest: Float64Array,
  ownRow: number,
): number {
  nearest.fill(Infinity);
  const last = nearest.length - 1, start = r * width;
  for (let t = 0; t < count; t++) {
    if (t === ownRow) continue;
    const limit = nearest[last];
    let sum = 0;
    for (let c = 0; c < width && sum < limit; c += STRIDE) {
      const end = Math.min(width, c + STRIDE);
      for (let d = c; d < end; d++) {
        const difference = data[start + d] - known[t * width + d];
        sum += difference * difference;
      }
    }
    if (sum >= limit) continue;
    let i = last;
    for (; i > 0 && nearest[i - 1] > sum; i--) nearest[i] = nearest[i - 1];
    nearest[i] = sum;
  }
  return nearest[last];
}
