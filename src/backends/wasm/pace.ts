/**
 * Decides by trial whether to use the helpers: what two threads gain on a millisecond of work depends on the machine,
 * its load and its caches. The bits do not depend on the decision.
 *
 * A trial runs some calls shared and some alone. The faster way, by median, is then kept for a number of runs, which
 * doubles each time the same way wins again. So if sharing is slower, few runs are slowed.
 */

/** Runs of each kind in a trial, and shared runs at its start that only wake the helpers and do not count. */
const TRIED = 5, WAKING = 2;
/** Runs between trials: initially, and at most. */
const FIRST_HOLD = 200, LONGEST_HOLD = 6400;
/** Sharing must take less than this fraction of the time, because it keeps a second processor busy. */
const WORTH = 0.95;

export class Pace {
  #shared: number[] = [];
  #alone: number[] = [];
  #waking = WAKING;
  #isShared = true;
  /** Runs until the next trial; 0 during a trial. */
  #left = 0;
  #hold = FIRST_HOLD;
  #was?: boolean;

  /** Whether the next run is to be shared. */
  get isShared(): boolean {
    return this.#isShared;
  }

  /** Records how long the last run took, in milliseconds. */
  note(ms: number): void {
    if (this.#left > 0) {
      if (--this.#left === 0) this.#begin();
    } else if (this.#isShared) {
      if (this.#waking > 0) this.#waking--;
      else if (this.#shared.push(ms) === TRIED) this.#isShared = false;
    } else if (this.#alone.push(ms) === TRIED) this.#decide();
  }

  #begin(): void {
    this.#shared = [];
    this.#alone = [];
    this.#waking = WAKING;
    this.#isShared = true;
  }

  #decide(): void {
    this.#isShared = median(this.#shared) < WORTH * median(this.#alone);
    this.#hold = this.#isShared === this.#was ? Math.min(2 * this.#hold, LONGEST_HOLD) : FIRST_HOLD;
    this.#was = this.#isShared;
    this.#left = this.#hold;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
