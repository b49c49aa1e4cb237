/**
 * Spearman's rank correlation, -1 to 1: whether two scores rank rows in the same order.
 *
 *   ρ = Σ (r - r̄)(s - s̄) / √(Σ (r - r̄)² Σ (s - s̄)²) over the ranks; ties share their mean rank
 *
 * Source: Spearman, 1904; ties as in Kendall and Gibbons, 1990. NaN if one of them is constant.
 */
import { ranksOf } from "../core/ranks.ts";

/** @param a must have the same length as `b` */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const left = ranksOf(a), right = ranksOf(b), middle = (a.length - 1) / 2;
  let both = 0, squares = 0, others = 0;
  for (let i = 0; i < left.length; i++) {
    const x = left[i] - middle, y = right[i] - middle;
    both += x * y;
    squares += x * x;
    others += y * y;
  }
  return both / Math.sqrt(squares * others);
}
