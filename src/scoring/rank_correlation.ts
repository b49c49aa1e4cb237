/**
 * Spearman's rank correlation: whether two scores put rows in the same order, -1 … 1.
 *
 *   ρ = Σ (r - r̄)(s - s̄) / √(Σ (r - r̄)² Σ (s - s̄)²) over the ranks; equal values share their mean rank
 *
 * Source: Spearman, 1904; ties as in Kendall and Gibbons, 1990. NaN if one of them is constant.
 */

/** @param a as many values as `b` */
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

/** From 0; equal values have the mean of their places. */
function ranksOf(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const ranks = new Float64Array(values.length);
  for (let first = 0; first < order.length;) {
    let next = first + 1;
    while (next < order.length && values[order[next]] === values[order[first]]) next++;
    for (let i = first; i < next; i++) ranks[order[i]] = (first + next - 1) / 2;
    first = next;
  }
  return ranks;
}
