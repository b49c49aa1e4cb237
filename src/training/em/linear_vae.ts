/**
 * Converts a linear Gaussian model to a linear VAE whose bound is exact.
 *
 * p(z | x) = N(Hᵀ (x - μ), P⁻¹), P = I + Wᵀ Ψ⁻¹ W, has the same covariance for every x. Rotating the latent axes by the
 * eigenvectors of P = V diag(p) Vᵀ does not change p(x), since the rotated z is also N(0, I), and makes the posterior's
 * covariance diagonal: with W ← W V,
 *
 *   encoder.mean    x ↦ (x - μ) Ψ⁻¹ W diag(1/p)      encoder.logVar  -ln p, without weights
 *   decoder.mean    z ↦ W z + μ                      likelihood.logVar  ln ψ
 *
 * so q(z | x) = p(z | x), and ELBO = ln p(x) (derivations A.1, method 2: KL(q ‖ p(z | x)) = 0). Axes are ordered by
 * falling precision, each with its largest loading positive: a canonical form that does not depend on the start.
 */
import { portableLog } from "../../core/portable.ts";
import { LOG_VARIANCE } from "../../core/stable.ts";
import { symmetricEigen } from "../../core/algebra/symmetric_eigen.ts";
import { type Factors, precision, scaledLoadings } from "./em_step.ts";

/** Parameter values by name, row-major. */
export type LinearParameters = ReadonlyMap<string, { readonly data: Float64Array }>;

/**
 * Parameters of the linear VAE (no hidden layers, a Gaussian likelihood with learned variances).
 * @throws RangeError if the posterior precision of a latent variable exceeds the range of a VAE
 */
export function linearVaeParameters(
  mean: Float64Array,
  factors: Factors,
  latent: number,
  noise: "shared" | "perFeature",
): LinearParameters {
  const columns = mean.length;
  const { rotated, precisions } = canonical(factors, latent);
  const maxLogPrecision = portableLog(precisions[0]), limit = -LOG_VARIANCE.low;
  if (maxLogPrecision > limit) {
    throw new RangeError(
      `Cannot fit factors: ln of the posterior precision must be at most ${limit}, got ${maxLogPrecision}: use a larger minVariance`,
    );
  }
  const { loadings, variances } = rotated;
  const encoder = scaledLoadings(rotated, latent).map((value, i) => value / precisions[i % latent]);
  const encoderBias = new Float64Array(latent), decoder = new Float64Array(latent * columns);
  encoder.forEach((value, i) => encoderBias[i % latent] -= mean[Math.floor(i / latent)] * value);
  loadings.forEach((value, i) => decoder[(i % latent) * columns + Math.floor(i / latent)] = value);
  const logVariances = (noise === "shared" ? variances.subarray(0, 1) : variances).map(portableLog);
  return new Map([
    ["encoder.mean.weight", { data: encoder }],
    ["encoder.mean.bias", { data: encoderBias }],
    ["encoder.logVar.weight", { data: new Float64Array(columns * latent) }],
    ["encoder.logVar.bias", { data: precisions.map((value) => -portableLog(value)) }],
    ["decoder.mean.weight", { data: decoder }],
    ["decoder.mean.bias", { data: mean }],
    ["likelihood.logVar", { data: logVariances }],
  ]);
}

/** W V `[D, L]`, each column with its largest element positive, and p, largest first. */
function canonical(factors: Factors, latent: number) {
  const { values: precisions, vectors } = symmetricEigen(precision(factors, latent), latent);
  const { loadings, variances } = factors;
  const rotated = new Float64Array(loadings.length), largest = new Float64Array(latent);
  for (let d = 0; d < loadings.length; d += latent) {
    for (let l = 0; l < latent; l++) {
      let sum = 0;
      for (let k = 0; k < latent; k++) sum += loadings[d + k] * vectors[l * latent + k];
      rotated[d + l] = sum;
      if (Math.abs(sum) > Math.abs(largest[l])) largest[l] = sum;
    }
  }
  const oriented = rotated.map((value, i) => largest[i % latent] < 0 ? -value : value);
  return { rotated: { loadings: oriented, variances }, precisions };
}
