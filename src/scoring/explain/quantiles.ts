/**
 * Quantiles of p(x | z) by likelihood, from the parameters used for sampling: in closed form if there is one, else by
 * bisection on the distribution function; for counts, the smallest k with F(k) ≥ p.
 *
 *   Student t   F(t) = 1 - ½ I_{ν/(ν + t²)}(ν/2, ½), t ≥ 0; the normal beyond ν = 10⁴
 *   Poisson     F summed; for means above 1000 by Cornish and Fisher's m + √m u + (u² - 1) / 6
 *   negative binomial   F(k) = I_{r/(r + m)}(r, k + 1)
 *
 * For a contaminated Gaussian they are the quantiles of the uncontaminated cells. Bernoulli and categorical columns
 * have no interval: `undefined` in the table.
 */
import { incompleteBeta } from "../../core/probability/incomplete_beta.ts";
import { normalQuantile } from "../../core/probability/normal_quantile.ts";
import { portableExp, portableLog } from "../../core/portable.ts";
import { continuousBernoulliQuantile } from "../../distributions/likelihoods/continuous_bernoulli.ts";
import type { ReadParameter } from "../../distributions/likelihoods/definition.ts";
import type { PlainLikelihoodType } from "../../distributions/likelihoods/options.ts";

/** F⁻¹(p), 0 < p < 1. */
type Quantile = (read: ReadParameter, p: number) => number;

const gaussian: Quantile = (read, p) =>
  read("mean") + portableExp(read("logVar") / 2) * normalQuantile(p);

export const QUANTILES: { readonly [T in PlainLikelihoodType]: Quantile | undefined } = {
  gaussian,
  contaminatedGaussian: gaussian,
  studentT: (read, p) =>
    read("mean") +
    portableExp(read("logScale")) * studentQuantile(p, portableExp(read("logDegrees"))),
  laplace(read, p) {
    const distance = -portableLog(1 - Math.abs(2 * p - 1)) * portableExp(read("logScale"));
    return read("mean") + (p < 0.5 ? -distance : distance);
  },
  logNormal: (read, p) =>
    portableExp(read("location") + portableExp(read("logVar") / 2) * normalQuantile(p)),
  continuousBernoulli: (read, p) => continuousBernoulliQuantile(p, read("logits")),
  poisson: (read, p) => poissonQuantile(p, read("mean")),
  negativeBinomial(read, p) {
    const mean = read("mean"), r = portableExp(read("logDispersion")), share = r / (r + mean);
    return smallestInteger((k) => incompleteBeta(share, r, k + 1) >= p);
  },
  bernoulli: undefined,
  categorical: undefined,
};

/** Degrees of freedom above which Student's t is normal to four digits. */
const NORMAL_DEGREES = 1e4;

function studentQuantile(p: number, degrees: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  if (degrees > NORMAL_DEGREES) return normalQuantile(p);
  // ν / (ν + t²) falls from 1 to 0 as t grows.
  let low = 0, high = 1;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, degrees / 2, 0.5) / 2 < 1 - p) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees * (1 - high) / high);
}

const MAX_SUMMED_MEAN = 1000;

function poissonQuantile(p: number, mean: number): number {
  const u = normalQuantile(p);
  if (mean > MAX_SUMMED_MEAN) return Math.round(mean + Math.sqrt(mean) * u + (u * u - 1) / 6);
  // In logarithms, because e^-1000 underflows.
  let logTerm = -mean, sum = portableExp(logTerm), k = 0;
  while (sum < p && k < 4 * MAX_SUMMED_MEAN) {
    logTerm += portableLog(mean / ++k);
    sum += portableExp(logTerm);
  }
  return k;
}

/** The smallest integer from 0 that satisfies a monotone condition. */
function smallestInteger(isEnough: (k: number) => boolean): number {
  let low = -1, high = 1;
  while (!isEnough(high) && high < 2 ** 40) [low, high] = [high, 2 * high];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
