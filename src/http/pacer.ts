/**
 * Keeps long work from delaying short requests. Work runs in steps; after SLICE_MS it yields to the event loop. All
 * long work of an app shares one queue and gets one slice per round of the loop, so a short request waits for one slice
 * of it at most, however much there is.
 *
 * Limits: a step is not interrupted. If the clock stands still during work (workerd), work is not divided. There a
 * request that is given up takes its timers with it, so nobody may wait for the turn of another.
 */

import { runWithPauses } from "../trained/steps.ts";

/** Milliseconds of work without a pause. */
const SLICE_MS = 8;

/** Turns that a request takes before it checks whether anybody still waits: short work ends by itself. */
const TURNS_BEFORE_CHECK = 4;

/** The queue that all work of an app shares. */
export class TurnQueue {
  readonly #isShared = globalThis.navigator?.userAgent !== "Cloudflare-Workers";

  #last: Promise<void> = Promise.resolve();

  #waiting = 0;

  /**
   * Resolves after all earlier callers, and one round of the event loop.
   * @param asked the round that the caller asked for when its slice began: if nobody else waits, it needs no other
   */
  next(asked?: Round): Promise<void> {
    if (!this.#isShared) return new Round().over;
    const wait = this.#waiting++ === 0 && asked?.isOver === false ? asked.over : undefined;
    return this.#last = this.#last.then(() => wait ?? new Round().over).then(() => {
      this.#waiting--;
    });
  }
}

/** Paces the work of one request. */
export class Pacer {
  readonly #turns: TurnQueue;
  readonly #isCancelled: () => boolean;
  #since: number;
  /** Asked for ahead, because a timer takes a millisecond or two; never by work that fits in one slice. */
  #round?: Round;
  #turnsTaken = 0;

  /**
   * @param isCancelled whether nobody waits for the result any more; checked once per slice
   * @param begun when the first slice began, milliseconds of `performance.now`
   */
  constructor(
    turns: TurnQueue,
    isCancelled: () => boolean = () => false,
    begun: number = performance.now(),
  ) {
    this.#turns = turns;
    this.#isCancelled = isCancelled;
    this.#since = begun;
  }

  /**
   * Called between two steps: waits for a turn if this slice is used up.
   * @throws DOMException "AbortError" if nobody waits for the result any more
   */
  async yieldIfDue(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await this.#turns.next(this.#round);
    if (++this.#turnsTaken > TURNS_BEFORE_CHECK && this.#isCancelled()) {
      throw new DOMException("The request was given up", "AbortError");
    }
    this.#since = performance.now();
    this.#round = new Round();
  }

  /** Runs all steps, and lets other work run between them. */
  run<Value>(steps: Iterator<unknown, Value>): Promise<Value> {
    return runWithPauses(steps, () => this.yieldIfDue());
  }
}

/**
 * The next round of the event loop. A timer, because Deno runs `setImmediate` before it looks for new requests, however
 * many of them follow each other. Awaited only by the request that made it, as workerd demands.
 */
class Round {
  isOver = false;
  readonly over: Promise<void> = new Promise((done) =>
    void setTimeout(() => {
      this.isOver = true;
      done();
    })
  );
}
