/** Positions in ascending lists. */

/** The number of values in an ascending list that are below `value`, or with `orEqual` at most `value`. */
export function countBelow(
  sorted: ArrayLike<number>,
  value: number,
  orEqual: boolean,
  count: number = sorted.length,
): number {
  let low = 0, high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value || (orEqual && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The lower median of an ascending list; NaN if it is empty. */
export function lowerMedian(sorted: ArrayLike<number>): number {
  return sorted.length === 0 ? NaN : sorted[(sorted.length - 1) >> 1];
}
