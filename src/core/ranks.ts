/** Ranks of values. */

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
