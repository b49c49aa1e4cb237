/** How many latent dimensions a model uses. */
import type { Matrix } from "../rows/matrix.ts";

/** A dimension is active if the variance of its posterior mean over the rows is above this (Burda et al., 2016). */
export const ACTIVE_VARIANCE = 0.01;

/** @param mean E[z | x] of each row, `[rows, L]` */
export function activeUnits({ data, shape: [rows, latent] }: Matrix): number {
  let active = 0;
  for (let l = 0; l < latent; l++) {
    let mean = 0, variance = 0;
    for (let r = 0; r < rows; r++) mean += data[r * latent + l] / rows;
    for (let r = 0; r < rows; r++) variance += (data[r * latent + l] - mean) ** 2 / rows;
    if (variance > ACTIVE_VARIANCE) active++;
  }
  return active;
}
