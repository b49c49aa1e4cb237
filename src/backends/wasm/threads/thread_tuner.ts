/**
 * Decides by trial whether to use the helpers: what two threads gain on a millisecond of work depends on the machine,
 * its load and its caches. The bits do not depend on the decision.
 *
 * A trial runs some calls shared and some alone. The faster way, by median, is then kept for a number of runs, which
 * doubles each time the same way wins again. So if sharing is slower, few runs are slowed.
 */

/** Runs of each kind in a trial, and shared runs at its start that only wake the helpers and do not count. */
const RUNS_PER_KIND = 5, WAKING_RUNS = 2;
/** Runs between trials: initially, and at most. */
const FIRST_HOLD_RUNS = 200, MAX_HOLD_RUNS = 6400;
/** Sharing must take less than this fraction of the time, because it keeps a second processor busy. */
const MAX_RATIO = 0.95;

export class ThreadTuner {
  #shared: number[] = [];
  #alone: number[] = [];
  #wakingLeft = WAKING_RUNS;
  #isShared = true;
  /** Runs until the next trial; 0 during a trial. */
  #runsLeft = 0;
  #holdRuns = FIRST_HOLD_RUNS;
  #previous?: boolean;

  /** Whether the next run is to be shared. */
  get isShared(): boolean {
    return this.#isShared;
  }

  /** Records how long the last run took, in milliseconds. */
  record(ms: number): void {
    if (this.#runsLeft > 0) {
      if (--this.#runsLeft === 0) this.#begin();
    } else if (this.#isShared) {
      if (this.#wakingLeft > 0) this.#wakingLeft--;
      else if (this.#shared.push(ms) === RUNS_PER_KIND) this.#isShared = false;
    } else if (this.#alone.push(ms) === RUNS_PER_KIND) this.#decide();
  }

  #begin(): void {
    this.#shared = [];
    this.#alone = [];
    this.#wakingLeft = WAKING_RUNS;
    this.#isShared = true;
  }

  #decide(): void {
    this.#isShared = median(this.#shared) < MAX_RATIO * median(this.#alone);
    this.#holdRuns = this.#isShared === this.#previous
      ? Math.min(2 * this.#holdRuns, MAX_HOLD_RUNS)
      : FIRST_HOLD_RUNS;
    this.#previous = this.#isShared;
    this.#runsLeft = this.#holdRuns;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
