/**
 * A grid over a two-dimensional latent space, in equal steps of probability under N(0, I): decoding it shows the whole
 * model at once (Kingma and Welling, 2014, figure 4).
 */
import type { Matrix } from "../trained/rows/matrix.ts";
import { normalQuantile } from "../core/probability/normal_quantile.ts";

/** `side` steps per side. @returns z `[side², 2]`: the first dimension increases to the right, the second upwards */
export function latentGrid(side: number): Matrix {
  const data = new Float32Array(2 * side * side);
  const at = (step: number) => normalQuantile((step + 0.5) / side);
  for (let row = 0; row < side; row++) {
    for (let col = 0; col < side; col++) {
      data.set([at(col), at(side - 1 - row)], 2 * (row * side + col));
    }
  }
  return { data, shape: [side * side, 2] };
}
