/**
 * Ranks of values, and Spearman's rank correlation, -1 to 1: whether two scores rank rows in the same order.
 *
 *   ρ = Σ (r - r̄)(s - s̄) / √(Σ (r - r̄)² Σ (s - s̄)²) over the ranks; ties share their mean rank
 *
 * Source: Spearman, 1904; ties as in Kendall and Gibbons, 1990. NaN if one of them is constant.
 */

/** Ranks of finite values, from 0; ties get the mean of their ranks. */
export function ranksOf(values: Float64Array): Float64Array {
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

/** ρ. @param a must have the same length as `b` */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const ranksA = ranksOf(a), ranksB = ranksOf(b), mean = (a.length - 1) / 2;
  let covariance = 0, varianceA = 0, varianceB = 0;
  for (let i = 0; i < ranksA.length; i++) {
    const x = ranksA[i] - mean, y = ranksB[i] - mean;
    covariance += x * y;
    varianceA += x * x;
    varianceB += y * y;
  }
  return covariance / Math.sqrt(varianceA * varianceB);
}
