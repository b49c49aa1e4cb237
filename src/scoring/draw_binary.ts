/** Bernoulli draws on the host: a uniform draw below the probability gives one. */
import { HostRandom } from "../core/philox.ts";
import { STREAMS } from "../core/streams.ts";
import type { Matrix } from "./matrix.ts";

/**
 * Zeros and ones with the given probabilities; row i depends on the seed, i and the row alone.
 * @param firstRow the index of the first row
 */
export function drawBinary(
  { data, shape: [rows, columns] }: Matrix,
  seed: number,
  firstRow = 0,
): Matrix {
  const drawn = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    const random = new HostRandom(seed, firstRow + r, STREAMS.observation);
    for (let i = r * columns; i < (r + 1) * columns; i++) {
      drawn[i] = random.uniformF32() < data[i] ? 1 : 0;
    }
  }
  return { data: drawn, shape: [rows, columns] };
}
