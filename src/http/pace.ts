/**
 * Long work beside short requests. Work runs in steps; after SLICE_MS it lets the event loop go
 * round. All long work of an app shares one queue, in which one piece gets a slice each time round:
 * a short request waits for one slice at most, however many long ones there are.
 *
 * Limits: a step is not interrupted. Where the clock stands still during work (workerd), work is not
 * divided.
 */

/** Milliseconds of work in one go. */
const SLICE_MS = 8;

/** Turns of one request before it is asked whether anybody still waits: short work ends by itself. */
const PATIENCE = 4;

/** The turns of an app. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves after everybody who asked before, and one round of the event loop. */
  next(): Promise<void> {
    return this.#last = this.#last.then(oneRound);
  }
}

/** The work of one request. */
export class Pace {
  readonly #turns: Turns;
  readonly #isCancelled: () => boolean;
  #since: number;
  #turnsTaken = 0;

  /**
   * @param isCancelled whether nobody waits for the result any more; asked once a slice
   * @param begun when the first slice began, milliseconds of `performance.now`
   */
  constructor(
    turns: Turns,
    isCancelled: () => boolean = () => false,
    begun: number = performance.now(),
  ) {
    this.#turns = turns;
    this.#isCancelled = isCancelled;
    this.#since = begun;
  }

  /**
   * Between two steps: waits for a turn if this one is used up.
   * @throws DOMException "AbortError" if nobody waits any more
   */
  async breathe(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await this.#turns.next();
    if (++this.#turnsTaken > PATIENCE && this.#isCancelled()) {
      throw new DOMException("The request was given up", "AbortError");
    }
    this.#since = performance.now();
  }

  /** Runs all steps, with room to breathe between them. */
  async run<Value>(steps: Iterator<unknown, Value>): Promise<Value> {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      await this.breathe();
    }
  }
}

type Immediate = (done: () => void) => unknown;

/** `setImmediate` where there is one: a timer of no time takes two milliseconds. */
const { setImmediate: immediate } = globalThis as unknown as { setImmediate?: Immediate };

function oneRound(): Promise<void> {
  return new Promise((done) => void (immediate ? immediate(done) : setTimeout(done)));
}
