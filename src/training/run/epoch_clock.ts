/**
 * How fast a run goes, and how long the rest of it takes at that speed: over about the last second, as epochs may take a
 * millisecond, and one of them may take twenty.
 */
import type { EpochMeans, EpochReport } from "../report.ts";

/** What is timed. */
export interface TimedRun {
  /** A steady clock, milliseconds. */
  readonly clock: () => number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly rowsPerEpoch: number;
}

/** How fast older epochs are forgotten: the time scale, seconds. */
const MEMORY_SECONDS = 1;

export class EpochClock {
  readonly #run: TimedRun;
  #start: number;
  /** What was timed, older epochs counting less: seconds, and the epochs that they took. */
  #seconds = 0;
  #epochs = 0;
  /** Steps of the epoch that an earlier process took. */
  #stepsBefore = 0;

  constructor(run: TimedRun) {
    this.#run = run;
    this.#start = run.clock();
  }

  /** The run was taken up after so many steps of an epoch. */
  resumeAfter(steps: number): void {
    this.#stepsBefore = steps;
  }

  /** The report of the epoch that ends now; the next one begins. */
  reportOf(means: EpochMeans): EpochReport {
    const { clock, epochs, stepsPerEpoch, rowsPerEpoch } = this.#run;
    const seconds = Math.max((clock() - this.#start) / 1000, 1e-6);
    // A run may be taken up at the end of an epoch: there is then no step to time it by.
    const share = Math.max(1, stepsPerEpoch - this.#stepsBefore) / stepsPerEpoch;
    const kept = MEMORY_SECONDS / (MEMORY_SECONDS + seconds);
    this.#seconds = kept * this.#seconds + seconds;
    this.#epochs = kept * this.#epochs + share;
    const pace = this.#seconds / this.#epochs;
    return {
      ...means,
      epochs,
      rowsPerSecond: rowsPerEpoch / pace,
      secondsLeft: (epochs - means.epoch) * pace,
    };
  }

  beginEpoch(): void {
    this.#start = this.#run.clock();
    this.#stepsBefore = 0;
  }
}
