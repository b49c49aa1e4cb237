/** Places in ascending lists. */

/** How many values of an ascending list are below `value`, or equal to it too; by bisection. */
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
