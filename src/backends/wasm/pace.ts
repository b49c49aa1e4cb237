/**
 * Whether helpers are worth asking, found out by trying: what two threads gain on work of a millisecond depends on the
 * machine, on who else is at work there, and on how far its caches are apart. The bits do not depend on it.
 *
 * Some runs are shared and some alone, in turn; what was sooner, by the median, is kept for a while, and longer each
 * time that it proves right again. So work that sharing slows is slowed in few of its runs.
 */

/** Runs of each kind in a trial; the first that are shared wake the helpers, and do not count. */
const TRIED = 5, WAKING = 2;
/** Runs between the first two trials, and between the last ones. */
const FIRST_HOLD = 200, LONGEST_HOLD = 6400;
/** Sharing must take less than this part of the time: it keeps a second processor busy. */
const WORTH = 0.95;

export class Pace {
  #shared: number[] = [];
  #alone: number[] = [];
  #waking = WAKING;
  #isShared = true;
  /** Runs until the next trial; 0 while one goes on. */
  #left = 0;
  #hold = FIRST_HOLD;
  #was?: boolean;

  /** Whether the next run is to be shared. */
  get isShared(): boolean {
    return this.#isShared;
  }

  /** How long the run took that it was asked about, milliseconds. */
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
