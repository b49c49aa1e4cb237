/**
 * The variances of a Gaussian likelihood, set to their optimum given the two networks:
 *
 *   σ_d² = E_q[(x_d - μ_d(z))²]    the zero of d ELBO / d ln σ_d²; never under `minVariance`
 *
 * Source: Rybkin, Daniilidis and Levine, "Simple and effective VAE training with calibrated
 * decoders", 2021. Gradient steps alone move ln σ² by no more than the sum of the learning rates,
 * which leaves columns that the network explains well with far too much variance.
 */
import type { Matrix } from "../scoring/matrix.ts";
import type { VAE } from "../training/vae.ts";

/** Does nothing to a model whose likelihood has no variance of its own per column. */
export function setOptimalVariance(vae: VAE, rows: Matrix, seed: number): void {
  const { likelihood } = vae.spec;
  if (likelihood.type !== "gaussian" || likelihood.variance !== "perFeature") return;
  const { data, shape: [count, columns] } = vae.squaredResiduals(rows, seed);
  const variance = new Float64Array(columns);
  data.forEach((square, i) => variance[i % columns] += square / count);
  const logVar = variance.map((each) => Math.log(Math.max(each, likelihood.minVariance)));
  vae.setParameters(new Map([["likelihood.logVar", { data: logVar }]]));
}
