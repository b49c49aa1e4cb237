/**
 * Scores beyond what the calibration rows can resolve, by the generalised Pareto distribution of what
 * exceeds a high threshold t (peaks over threshold):
 *
 *   P(S > s) ≈ (k/n) (1 + γ (s - t)/σ)^(-1/γ),   z(q) = t + (σ/γ) ((q n/k)^-γ - 1)
 *
 * k of n scores exceed t, by y. With θ = γ/σ the likelihood is largest at γ(θ) = mean ln(1 + θ y), where
 * it is ℓ(θ) = -k (ln(γ/θ) + γ + 1); θ is the mean over a grid of values weighted by exp ℓ. That has no
 * failing cases and a smaller bias than the maximum, whose γ is too low by about 3/k: at a tenth of the
 * finest p-value and 40 peaks, thresholds by the maximum let through some three times what they should.
 *
 * Sources: Pickands, 1975; Davison and Smith, 1990; Grimshaw, 1993 (one variable); Zhang and Stephens, "A
 * new and efficient estimation method for the generalized Pareto distribution", 2009; Siffer et al.,
 * "Anomaly detection in streams with extreme value theory" (SPOT), KDD 2017 (z, and t a high quantile).
 * Limits: an extrapolation, not a guarantee: it holds as far as the tail goes on as it began.
 */
import { requireNumber } from "../core/validate.ts";
import type { Calibration } from "./calibration.ts";

/** Peaks to aim at: a tenth of the scores, 40 to 200, or 2 % of them where that is more. */
const PEAKS = { least: 40, enough: 200, share: 0.1, leastShare: 0.02 } as const;

/** Of the scores, at most this share may count as their tail. */
const LARGEST_SHARE = 0.2;

/** A generalised Pareto distribution of excesses. */
export interface Pareto {
  /** γ: above 0 heavy tails, 0 exponential, below 0 an end. */
  readonly shape: number;
  /** σ. */
  readonly scale: number;
}

/** The upper tail of calibration scores. */
export class Tail {
  /** t, nats. */
  readonly threshold: number;
  /** k. */
  readonly peaks: number;
  /** n. */
  readonly rows: number;
  /** The distribution of what exceeds t. */
  readonly pareto: Pareto;

  /**
   * Fits the tail of a calibration.
   * @throws RangeError if it has too few rows for a tail
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
    this.pareto = fitPareto(excesses);
  }

  /** P(S > s) for a score above the threshold; never 0, so that it stays a p-value. */
  survival(score: number): number {
    const share = this.peaks / this.rows;
    return Math.max(share * paretoSurvival(this.pareto, score - this.threshold), 1e-300);
  }

  /**
   * The score that a share q of normal rows exceeds.
   * @throws RangeError unless 0 < q ≤ k/n
   */
  quantile(q: number): number {
    requireNumber("falseAlarmRate", q, { above: 0, max: this.peaks / this.rows });
    const { shape, scale } = this.pareto, odds = q * this.rows / this.peaks;
    return this.threshold +
      (shape === 0 ? -scale * Math.log(odds) : scale / shape * Math.expm1(-shape * Math.log(odds)));
  }
}

/** P(Y > y), y ≥ 0. */
export function paretoSurvival({ shape, scale }: Pareto, y: number): number {
  if (scale === 0) return y > 0 ? 0 : 1;
  if (shape === 0) return Math.exp(-y / scale);
  const base = 1 + shape * y / scale;
  return base > 0 ? Math.exp(-Math.log(base) / shape) : 0;
}

/** Zhang and Stephens' estimate from excesses, at least 0. */
export function fitPareto(excesses: Float64Array): Pareto {
  const sorted = excesses.slice().sort(), count = sorted.length;
  const largest = sorted[count - 1],
    quartile = sorted[Math.max(0, Math.floor(count / 4 + 0.5) - 1)];
  if (!(largest > 0)) return { shape: 0, scale: 0 };
  const size = 20 + Math.floor(Math.sqrt(count));
  // Many ties at the threshold leave no quartile to measure by.
  const unit = quartile > 0 ? quartile : largest / 4;
  const candidates = Float64Array.from(
    { length: size },
    (_, j) => -1 / largest - (1 - Math.sqrt(size / (j + 0.5))) / (3 * unit),
  );
  const fits = candidates.map((theta) => count * profile(theta, shapeAt(sorted, theta)));
  const most = fits.reduce((best, fit) => Math.max(best, fit), -Infinity);
  let weight = 0, theta = 0;
  fits.forEach((fit, j) => {
    if (!Number.isFinite(fit)) return;
    weight += Math.exp(fit - most);
    theta += Math.exp(fit - most) * candidates[j];
  });
  theta /= weight;
  const shape = shapeAt(sorted, theta), scale = shape / theta;
  if (Number.isFinite(scale) && scale > 0) return { shape, scale };
  // θ = 0: exponential.
  return { shape: 0, scale: sorted.reduce((sum, y) => sum + y / count, 0) };
}

/** γ(θ). */
function shapeAt(excesses: Float64Array, theta: number): number {
  let sum = 0;
  for (const y of excesses) sum += Math.log1p(theta * y);
  return sum / excesses.length;
}

/** ℓ(θ) / k. */
function profile(theta: number, shape: number): number {
  return Math.log(theta / shape) - shape - 1;
}
