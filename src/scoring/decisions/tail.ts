/**
 * P-values below the resolution of the calibration rows, by peaks over threshold: a generalised Pareto distribution
 * for the excesses over a high threshold t.
 *
 *   P(S > s | θ, γ) = (k/n) exp(-ln(1 + θ y) / γ),   y = s - t,   θ = γ/σ ≥ 0
 *
 * k of n scores exceed t. Given θ, ln(1 + θ Y) is exponential with mean γ, estimated from the k peaks as
 * γ(θ) = mean ln(1 + θ y). With the prior 1/γ, the integrals over γ have a closed form:
 *
 *   P(S > s) = (k/n) Σ_θ w(θ) (1 + ln(1 + θ y) / (k γ(θ)))^-k,   w(θ) ∝ (θ/γ(θ))^k exp(-k γ(θ))
 *
 * summed over Zhang and Stephens' grid of θ. The p-value is thus the posterior predictive probability for one more row
 * of the same distribution, not a plug-in estimate; it falls no faster than a power k of the distance. θ < 0 would be
 * a tail with an end point, beyond which a row is impossible; peaks that suggest one get the exponential tail, θ → 0.
 *
 * Sources: Pickands, 1975; Davison and Smith, 1990; Grimshaw, 1993 (one variable); Zhang and Stephens, "A
 * new and efficient estimation method for the generalized Pareto distribution", 2009; Siffer et al.,
 * "Anomaly detection in streams with extreme value theory" (SPOT), KDD 2017 (t a high quantile).
 * Limits: this is an extrapolation without a guarantee. It holds only if the tail continues as the peaks suggest.
 */
import { portableExp, portableLog, portableLog1p } from "../../core/portable.ts";
import { requireNumber } from "../../core/validate.ts";
import type { Calibration } from "./calibration.ts";

/** Number of peaks: a tenth of the scores, between 40 and 200, or 2 % of the scores if that is more. */
const PEAKS = { min: 40, enough: 200, share: 0.1, minShare: 0.02 } as const;

/** The largest share of the scores that may count as the tail. */
const LARGEST_SHARE = 0.2;

/** The posterior predictive distribution of excesses: a mixture over θ. */
export interface ExcessLaw {
  /** k. */
  readonly count: number;
  /** Each has θ > 0, or 0 for the exponential; weights sum to 1. */
  readonly parts: readonly {
    readonly weight: number;
    readonly theta: number;
    readonly mean: number;
  }[];
}

/** The upper tail of calibration scores. */
export class Tail {
  /** t, nats. */
  readonly threshold: number;
  /** k. */
  readonly peaks: number;
  /** n. */
  readonly rows: number;
  /** The distribution of the excesses over t. */
  readonly excess: ExcessLaw;

  /**
   * Fits the tail of a calibration.
   * @throws RangeError if there are too few rows, or no score exceeds t
   */
  constructor(calibration: Calibration) {
    const { scores } = calibration;
    const rows = scores.length;
    const { min, enough, share, minShare } = PEAKS;
    const target = Math.min(enough, Math.max(min, Math.round(share * rows)));
    const peaks = Math.max(target, Math.round(minShare * rows));
    if (peaks > LARGEST_SHARE * rows) {
      throw new RangeError(
        `Cannot extrapolate p-values: needs at least ${
          min / LARGEST_SHARE
        } calibration rows, got ${rows}`,
      );
    }
    this.threshold = scores[rows - 1 - peaks];
    this.rows = rows;
    const excesses = scores.subarray(rows - peaks).map((score) => score - this.threshold);
    this.peaks = peaks;
    this.excess = excessLaw(excesses);
  }

  /** P(S > s) for a score above the threshold. Never 0, so that it remains a valid p-value. */
  survival(score: number): number {
    return Math.max(this.share * excessSurvival(this.excess, score - this.threshold), 1e-300);
  }

  /** k/n: the share of scores above t. At lower rates only the tail applies. */
  get share(): number {
    return this.peaks / this.rows;
  }

  /** The posterior probability that P(S > s) ≤ rate, for a score above the threshold and a rate below `share`. */
  chanceBelow(score: number, rate: number): number {
    return excessChance(this.excess, score - this.threshold, portableLog(this.share / rate));
  }

  /**
   * The score that a share q of normal rows exceeds.
   * @throws RangeError unless 0 < q ≤ k/n
   */
  quantile(q: number): number {
    requireNumber("falseAlarmRate", q, { above: 1e-300, max: this.share });
    let low = this.threshold, step = this.excess.parts[0].mean || 1;
    while (this.survival(low + step) > q) step *= 2;
    let high = low + step;
    for (;;) {
      const middle = low + (high - low) / 2;
      if (!(middle > low && middle < high)) return high;
      if (this.survival(middle) > q) low = middle;
      else high = middle;
    }
  }
}

/** P(Y > y) for one more excess, y ≥ 0. */
export function excessSurvival({ count, parts }: ExcessLaw, y: number): number {
  let sum = 0;
  for (const { weight, theta, mean } of parts) {
    const steps = (theta === 0 ? y : portableLog1p(theta * y)) / mean;
    sum += weight * portableExp(-count * portableLog1p(steps / count));
  }
  return sum;
}

/**
 * The posterior probability that P(Y > y | θ, γ) ≤ exp(-steps). For each θ this is P(1/γ ≥ steps / ln(1 + θ y)), where
 * 1/γ has a Gamma distribution of shape k and mean 1/γ(θ), so it equals the probability that a Poisson number is < k.
 */
export function excessChance({ count, parts }: ExcessLaw, y: number, steps: number): number {
  let sum = 0;
  for (const { weight, theta, mean } of parts) {
    const g = theta === 0 ? y : portableLog1p(theta * y);
    sum += weight * poissonBelow(count, count * mean * steps / g);
  }
  return sum;
}

/** P(Poisson(mean) < k). */
function poissonBelow(k: number, mean: number): number {
  if (!(mean < Infinity)) return 0;
  let logTerm = -mean, sum = 0;
  for (let i = 0; i < k; i++) {
    sum += portableExp(logTerm);
    logTerm += portableLog(mean / (i + 1));
  }
  return Math.min(1, sum);
}

/**
 * Fits the distribution of excesses, each at least 0.
 * @throws RangeError if none is above 0
 */
export function excessLaw(excesses: Float64Array): ExcessLaw {
  const sorted = excesses.slice().sort(), count = sorted.length;
  const largest = sorted[count - 1];
  if (!(largest > 0)) {
    throw new RangeError(
      `Cannot extrapolate p-values: the ${count} highest calibration scores are all equal`,
    );
  }
  const thetas = gridOf(sorted), means = thetas.map((theta) => meanLog(sorted, theta));
  const fits = thetas.map((theta, j) => count * (portableLog(theta / means[j]) - means[j]));
  const maxFit = fits.reduce((best, fit) => fit > best ? fit : best, -Infinity);
  const weights = fits.map((fit) => fit > -Infinity ? portableExp(fit - maxFit) : 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // If the excesses rule out every θ, only the exponential remains.
  const parts = [{ weight: total > 0 ? 0 : 1, theta: 0, mean: meanLog(sorted, 0) }];
  weights.forEach((weight, j) => {
    if (thetas[j] <= 0) parts[0].weight += weight / total;
    else if (weight > 0) parts.push({ weight: weight / total, theta: thetas[j], mean: means[j] });
  });
  return { count, parts };
}

/** Zhang and Stephens' grid of θ: quantiles of a prior scaled by the first quartile, the smallest near -1 / largest. */
function gridOf(sorted: Float64Array): Float64Array {
  const count = sorted.length, largest = sorted[count - 1];
  const quartile = sorted[Math.max(0, Math.floor(count / 4 + 0.5) - 1)];
  const size = 20 + Math.floor(Math.sqrt(count));
  // With many ties at the threshold the quartile is 0 and gives no scale.
  const unit = quartile > 0 ? quartile : largest / 4;
  return Float64Array.from(
    { length: size },
    (_, j) => -1 / largest - (1 - Math.sqrt(size / (j + 0.5))) / (3 * unit),
  );
}

/** γ(θ) = mean ln(1 + θ y); for θ = 0 the mean of y, the limit of γ(θ) / θ. */
function meanLog(excesses: Float64Array, theta: number): number {
  let sum = 0;
  for (const y of excesses) sum += (theta === 0 ? y : portableLog1p(theta * y)) / excesses.length;
  return sum;
}
