/** The exact density of a fitted linear model, from its parameters, for the tests of EM. */
import type { VAE } from "../../../src/training/vae.ts";
import {
  gaussianLogDensity,
  linearElbo,
  type LinearParameters,
  marginalCovariance,
} from "../../util/linear_gaussian.ts";

/** Parameters of the model by name. */
export function valuesOf(model: VAE): LinearParameters & { "likelihood.logVar": Float32Array } {
  const entries = [...model.parameters()].map(([name, { data }]) => [name, data]);
  return Object.fromEntries(entries);
}

/** WᵀW + Ψ `[D, D]`: the covariance of the model's p(x). */
export function covarianceOfModel(model: VAE): Float64Array {
  const values = valuesOf(model), columns = model.spec.inputs;
  const covariance = marginalCovariance(values["decoder.mean.weight"], columns, 0);
  for (let d = 0; d < columns; d++) covariance[d * columns + d] += varianceOf(model, d);
  return covariance;
}

/** ψ_d, or σ². */
export function varianceOf(model: VAE, column: number): number {
  const logVar = valuesOf(model)["likelihood.logVar"];
  return Math.exp(logVar[logVar.length === 1 ? 0 : column]);
}

/** ln p(x) of a row, by the Cholesky factor of the D × D covariance. */
export function exactLogDensity(model: VAE, rows: readonly ArrayLike<number>[]): number[] {
  const covariance = covarianceOfModel(model), centre = valuesOf(model)["decoder.mean.bias"];
  return rows.map((row) => gaussianLogDensity(row, centre, covariance));
}

/** ELBO of a row, the expectation in closed form. */
export function exactElbo(model: VAE, rows: readonly ArrayLike<number>[]): number[] {
  const values = valuesOf(model);
  return rows.map((row) => linearElbo(row, values, (column) => varianceOf(model, column)));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Rows in the units of the model. */
export function rounded(rows: readonly number[][]): Float32Array[] {
  return rows.map((row) => Float32Array.from(row));
}
