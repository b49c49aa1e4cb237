/**
 * Measures the speed of a run, and the remaining time at that speed. It averages over about the last second, because an
 * epoch may take a millisecond, and single ones twenty.
 */
import type { EpochMeans, EpochReport } from "../report.ts";

/** The run to time. */
export interface TimedRun {
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly rowsPerEpoch: number;
}

/** The time constant with which older epochs lose weight, in seconds. */
const MEMORY_SECONDS = 1;

export class EpochClock {
  readonly #run: TimedRun;
  #start: number;
  /** Weighted sums, in which older epochs count less: seconds, and the epochs that took them. */
  #seconds = 0;
  #epochs = 0;
  /** Steps of the current epoch that an earlier process took. */
  #stepsBefore = 0;

  constructor(run: TimedRun) {
    this.#run = run;
    this.#start = run.clock();
  }

  /** The run was resumed after this many steps of an epoch. */
  resumeAfter(steps: number): void {
    this.#stepsBefore = steps;
  }

  /** Reports on the epoch that ends now. */
  reportOf(means: EpochMeans): EpochReport {
    const { clock, epochs, stepsPerEpoch, rowsPerEpoch } = this.#run;
    const seconds = Math.max((clock() - this.#start) / 1000, 1e-6);
    // A run may be resumed at the end of an epoch, with no step left to time.
    const share = Math.max(1, stepsPerEpoch - this.#stepsBefore) / stepsPerEpoch;
    const decay = MEMORY_SECONDS / (MEMORY_SECONDS + seconds);
    this.#seconds = decay * this.#seconds + seconds;
    this.#epochs = decay * this.#epochs + share;
    const secondsPerEpoch = this.#seconds / this.#epochs;
    return {
      ...means,
      epochs,
      rowsPerSecond: rowsPerEpoch / secondsPerEpoch,
      secondsLeft: (epochs - means.epoch) * secondsPerEpoch,
    };
  }

  beginEpoch(): void {
    this.#start = this.#run.clock();
    this.#stepsBefore = 0;
  }
}
