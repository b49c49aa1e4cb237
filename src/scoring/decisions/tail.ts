/**
 * Scores beyond what the calibration rows can resolve, by the generalised Pareto distribution of what
 * exceeds a high threshold t (peaks over threshold):
 *
 *   P(S > s | θ, γ) = (k/n) exp(-ln(1 + θ y) / γ),   y = s - t,   θ = γ/σ ≥ 0
 *
 * k of n scores exceed t. Given θ, ln(1 + θ Y) is exponential of mean γ, which the peaks put at γ(θ) = mean
 * ln(1 + θ y), no surer than k of them can; with the prior 1/γ both integrals are closed:
 *
 *   P(S > s) = (k/n) Σ_θ w(θ) (1 + ln(1 + θ y) / (k γ(θ)))^-k,   w(θ) ∝ (θ/γ(θ))^k exp(-k γ(θ))
 *
 * over Zhang and Stephens' grid of θ. So a p-value is what one more row of the same law would reach, not what
 * one estimate says: it falls no faster than a power k of the distance. θ < 0 would be a tail that ends, and a
 * row beyond the end impossible; peaks that look so are taken for the exponential tail between, θ → 0.
 *
 * Sources: Pickands, 1975; Davison and Smith, 1990; Grimshaw, 1993 (one variable); Zhang and Stephens, "A
 * new and efficient estimation method for the generalized Pareto distribution", 2009; Siffer et al.,
 * "Anomaly detection in streams with extreme value theory" (SPOT), KDD 2017 (t a high quantile).
 * Limits: an extrapolation, not a guarantee: it holds as far as the tail goes on as it began.
 */
import { portableExp, portableLog, portableLog1p } from "../../core/portable.ts";
import { requireNumber } from "../../core/validate.ts";
import type { Calibration } from "./calibration.ts";

/** Peaks to aim at: a tenth of the scores, 40 to 200, or 2 % of them where that is more. */
const PEAKS = { least: 40, enough: 200, share: 0.1, leastShare: 0.02 } as const;

/** Of the scores, at most this share may count as their tail. */
const LARGEST_SHARE = 0.2;

/** What excesses say of their law: a mixture over θ. */
export interface ExcessLaw {
  /** k. */
  readonly count: number;
  /** Each with θ > 0, or 0 for the exponential; weights sum to 1. */
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
  /** The law of what exceeds t. */
  readonly excess: ExcessLaw;

  /**
   * Fits the tail of a calibration.
   * @throws RangeError if it has too few rows for a tail, or all beyond t are the same
   */
  constructor({ scores }: Calibration) {
    const rows = scores.length;
    const { least, enough, share, leastShare } = PEAKS;
    const wanted = Math.min(enough, Math.max(least, Math.round(share * rows)));
    const peaks = Math.max(wanted, Math.round(leastShare * rows));
    if (peaks > LARGEST_SHARE * rows) {
      throw new RangeError(
        `Cannot fit tail: needs at least ${
          least / LARGEST_SHARE
        } calibration rows: current value is ${rows}`,
      );
    }
    this.threshold = scores[rows - 1 - peaks];
    this.rows = rows;
    const excesses = scores.subarray(rows - peaks).map((score) => score - this.threshold);
    this.peaks = peaks;
    this.excess = excessLaw(excesses);
  }

  /** P(S > s) for a score above the threshold; never 0, so that it stays a p-value. */
  survival(score: number): number {
    return Math.max(this.share * excessSurvival(this.excess, score - this.threshold), 1e-300);
  }

  /** k/n: the share of the scores that the peaks are, beyond which the tail alone tells. */
  get share(): number {
    return this.peaks / this.rows;
  }

  /** The chance, over what the peaks allow, that P(S > s) of a score above the threshold is at most a rate below `share`. */
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

/** P(Y > y) of one more excess, y ≥ 0. */
export function excessSurvival({ count, parts }: ExcessLaw, y: number): number {
  let sum = 0;
  for (const { weight, theta, mean } of parts) {
    const steps = (theta === 0 ? y : portableLog1p(theta * y)) / mean;
    sum += weight * portableExp(-count * portableLog1p(steps / count));
  }
  return sum;
}

/**
 * The chance that P(Y > y | θ, γ) ≤ exp(-steps): of each θ that 1/γ ≥ steps / ln(1 + θ y), where 1/γ
 * has a Gamma law of shape k and mean 1/γ(θ); its tail is that a Poisson number stays below k.
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
 * The law of excesses, each at least 0.
 * @throws RangeError if none is above 0
 */
export function excessLaw(excesses: Float64Array): ExcessLaw {
  const sorted = excesses.slice().sort(), count = sorted.length;
  const largest = sorted[count - 1];
  if (!(largest > 0)) {
    throw new RangeError(
      `Cannot fit tail: scores beyond the threshold must differ from it: current value is ${count} equal scores`,
    );
  }
  const thetas = gridOf(sorted), means = thetas.map((theta) => meanLog(sorted, theta));
  const fits = thetas.map((theta, j) => count * (portableLog(theta / means[j]) - means[j]));
  const most = fits.reduce((best, fit) => fit > best ? fit : best, -Infinity);
  const weights = fits.map((fit) => fit > -Infinity ? portableExp(fit - most) : 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Of excesses that no θ can be told of, the exponential is left.
  const parts = [{ weight: total > 0 ? 0 : 1, theta: 0, mean: meanLog(sorted, 0) }];
  weights.forEach((weight, j) => {
    if (thetas[j] <= 0) parts[0].weight += weight / total;
    else if (weight > 0) parts.push({ weight: weight / total, theta: thetas[j], mean: means[j] });
  });
  return { count, parts };
}

/** Zhang and Stephens' values of θ: quantiles of a prior around the scale of the quartile, the least at -1 / largest. */
function gridOf(sorted: Float64Array): Float64Array {
  const count = sorted.length, largest = sorted[count - 1];
  const quartile = sorted[Math.max(0, Math.floor(count / 4 + 0.5) - 1)];
  const size = 20 + Math.floor(Math.sqrt(count));
  // Many ties at the threshold leave no quartile to measure by.
  const unit = quartile > 0 ? quartile : largest / 4;
  return Float64Array.from(
    { length: size },
    (_, j) => -1 / largest - (1 - Math.sqrt(size / (j + 0.5))) / (3 * unit),
  );
}

/** γ(θ), and of θ = 0 the mean: what ln(1 + θ y) / θ comes to. */
function meanLog(excesses: Float64Array, theta: number): number {
  let sum = 0;
  for (const y of excesses) sum += (theta === 0 ? y : portableLog1p(theta * y)) / excesses.length;
  return sum;
}
