/**
 * Noise of each column of a series: probabilistic PCA has one σ² for all cells, so a sensor that wanders by itself
 * would hide another that is predicted closely. Cells are divided by √n_c, PCA is fitted, and W and σ² are multiplied
 * back,
 *
 *   n_c = min(1, max(FLOOR, r_c / r̄)),  r_c = mean of S_dd - Σ_l W_dl² over the cells d of column c
 *
 * which is factor analysis with one variance per column, within limits. Above r̄ it is not raised, because anomalies of
 * loud columns count too; below FLOOR it is not believed, because few windows that overlap are fitted too well
 * (docs/adr/0084-noise-by-column.md).
 */
import { MIN_VARIANCE } from "../defaults.ts";
import type { Principal } from "../../training/em/principal_factors.ts";

/** A linear model, in the units of the data. */
export type ScaledFactors = Pick<Principal, "factors" | "latent">;

/** The least noise of a column, as a share of the mean over the columns. */
const FLOOR = 0.02;

/** Mean variance of each column's cells that the components leave. @param covariance `[D, D]` */
export function residualVariances(
  covariance: Float64Array,
  { factors: { loadings, variances: { length: width } }, latent }: ScaledFactors,
  columns: number,
): Float64Array {
  const residuals = new Float64Array(columns), steps = width / columns;
  for (let d = 0; d < width; d++) {
    let variance = covariance[d * width + d];
    for (let l = 0; l < latent; l++) variance -= loadings[d * latent + l] ** 2;
    residuals[d % columns] += variance / steps;
  }
  return residuals;
}

/** n_c, from the residual variances. */
export function columnNoise(residuals: Float64Array): Float64Array {
  const mean = residuals.reduce((sum, each) => sum + each, 0) / residuals.length;
  return residuals.map((each) => mean > 0 ? Math.min(1, Math.max(FLOOR, each / mean)) : 1);
}

/** The covariance of cells divided by their deviations. */
export function dividedBy(covariance: Float64Array, deviations: Float64Array): Float64Array {
  const width = deviations.length;
  return covariance.map((value, i) =>
    value / (deviations[Math.floor(i / width)] * deviations[i % width])
  );
}

/** The model of cells that were divided by their deviations, in their own units. */
export function inUnits(
  { factors, latent }: Principal,
  deviations: Float64Array,
): Principal["factors"] {
  return {
    loadings: factors.loadings.map((value, i) => value * deviations[Math.floor(i / latent)]),
    variances: factors.variances.map((value, d) =>
      Math.max(MIN_VARIANCE, value * deviations[d] ** 2)
    ),
  };
}
