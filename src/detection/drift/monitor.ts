/**
 * Monitors a stream of scores, row by row, for a change: a Shiryaev-Roberts statistic on conformal p-values, with a
 * stated run length.
 *
 *   p_i = (#{s_j > s_i} + u_i (1 + #{s_j = s_i})) / (n + 1)   over the n scores known so far, u_i uniform
 *   R_i = mean over bets b of R_i(b),   R_i(b) = (1 + R_(i-1)(b)) b(p_i),   b(p) = ε p^(ε-1) or ε (1-p)^(ε-1)
 *
 * While rows are exchangeable, the p_i are independent and uniform, each bet has mean 1, and R_i - i is a martingale.
 * The mean time to a false alarm R ≥ c is therefore at least c rows, whatever the model and the data. Bets on small p
 * detect rising scores, bets on large p falling ones.
 *
 * Sources: Vovk, "Testing randomness online", 2021 (conformal martingales, and Shiryaev-Roberts on them); Pollak, 1985
 * (run length). Limits: at most 50,000 scores are stored; after that, p_i is uniform only to 1/√50,000.
 */
import { portableExp, portableLog } from "../../core/portable.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { countBelow } from "../../core/sorted.ts";
import { STREAMS } from "../../core/random/streams.ts";
import { requireNumber } from "../../core/validate.ts";
import { type Calibration, roundUp } from "../../scoring/decisions/calibration.ts";

/** ε of the bets: small ones win much on rare p-values, large ones a little on many. */
const EPSILONS = [0.1, 0.3, 0.5, 0.7, 0.9];

const MAX_SCORES = 50_000;

/** Options of the monitor. */
export interface MonitorOptions {
  /** c: the average number of rows, at least, between two false alarms. Default: 10,000. */
  readonly runLength?: number;
  /** Fixes the random tie-breaking. Default: 0. */
  readonly seed?: number;
}

/** Monitors scores as they arrive, with a stated mean run length between false alarms. */
export class DriftMonitor {
  /** c. */
  readonly runLength: number;
  readonly #random: HostRandom;
  #sorted: Float64Array;
  #count: number;
  #rows = 0;
  readonly #statistics = new Float64Array(2 * EPSILONS.length);

  /** Starts with the calibration scores of the detector that is watched. */
  constructor(
    calibration: Pick<Calibration, "scores">,
    options: MonitorOptions = {},
  ) {
    const { scores } = calibration, { runLength = 10_000, seed = 0 } = options;
    this.runLength = requireNumber("runLength", runLength, { min: 1 });
    this.#random = new HostRandom(seed, 0, STREAMS.drift);
    this.#count = Math.min(scores.length, MAX_SCORES);
    this.#sorted = new Float64Array(Math.max(256, 2 * this.#count));
    // If there are too many scores, takes them evenly spaced from the ascending list.
    for (let i = 0; i < this.#count; i++) {
      this.#sorted[i] = scores[Math.floor(i * scores.length / this.#count)];
    }
  }

  /** Number of rows seen. */
  get rows(): number {
    return this.#rows;
  }

  /** R; 0 at the start. */
  get statistic(): number {
    return this.#statistics.reduce((sum, each) => sum + each, 0) / this.#statistics.length;
  }

  /** Whether R has reached c. */
  get alarm(): boolean {
    return this.statistic >= this.runLength;
  }

  /** Adds the score of the next row; returns R. */
  observe(score: number): number {
    // Rounded like the calibration scores, so that equal scores stay equal.
    const p = this.#pValue(roundUp(score));
    EPSILONS.forEach((epsilon, i) => {
      this.#update(2 * i, epsilon * portableExp((epsilon - 1) * portableLog(p)));
      this.#update(2 * i + 1, epsilon * portableExp((epsilon - 1) * portableLog(1 - p)));
    });
    this.#rows++;
    return this.statistic;
  }

  #update(i: number, factor: number): void {
    this.#statistics[i] = Math.min(1e300, (1 + this.#statistics[i]) * factor);
  }

  /** Strictly between 0 and 1, so that bets on it are finite. */
  #pValue(score: number): number {
    const below = countBelow(this.#sorted, score, false, this.#count);
    const atMost = countBelow(this.#sorted, score, true, this.#count);
    const u = this.#random.uniformF64() || 2 ** -54;
    const p = (this.#count - atMost + u * (1 + atMost - below)) / (this.#count + 1);
    if (this.#count < MAX_SCORES) this.#insert(score, atMost);
    return Math.min(p, 1 - 2 ** -53);
  }

  #insert(score: number, at: number): void {
    if (this.#count === this.#sorted.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#sorted);
      this.#sorted = larger;
    }
    this.#sorted.copyWithin(at + 1, at, this.#count);
    this.#sorted[at] = score;
    this.#count++;
  }
}
