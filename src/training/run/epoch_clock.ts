/** How fast an epoch went, and how long the rest of the run takes at that speed. */
import type { EpochMeans, EpochReport } from "../report.ts";

/** What is timed. */
export interface TimedRun {
  /** A steady clock, milliseconds. */
  readonly clock: () => number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly rowsPerEpoch: number;
}

export class EpochClock {
  readonly #run: TimedRun;
  #start: number;
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
    return {
      ...means,
      epochs,
      rowsPerSecond: share * rowsPerEpoch / seconds,
      secondsLeft: (epochs - means.epoch) * seconds / share,
    };
  }

  beginEpoch(): void {
    this.#start = this.#run.clock();
    this.#stepsBefore = 0;
  }
}
