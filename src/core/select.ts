/** The k-th smallest value, without a full sort: quickselect (Hoare, "Algorithm 65: find", 1961). */

/** Rounds per log2(n), after which the rest is sorted: the values may be chosen to defeat the choice of pivots. */
const MAX_ROUNDS_PER_BIT = 4;

/**
 * `values.sort()[place]`, except for the sign of a zero. Reorders the values.
 * @param values none of them NaN
 */
export function select(values: Float64Array, rank: number): number {
  let low = 0, high = values.length - 1;
  for (let rounds = MAX_ROUNDS_PER_BIT * (32 - Math.clz32(values.length)); low < high; rounds--) {
    if (rounds < 0) {
      values.subarray(low, high + 1).sort();
      break;
    }
    const pivot = medianOf(values[low], values[(low + high) >>> 1], values[high]);
    let i = low - 1, j = high + 1;
    for (;;) {
      do i++; while (values[i] < pivot);
      do j--; while (values[j] > pivot);
      if (i >= j) break;
      const value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
    if (rank <= j) high = j;
    else low = j + 1;
  }
  return values[rank];
}

function medianOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
