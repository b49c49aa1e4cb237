/**
 * Turns of the event loop, each asked for when the one before has ended. A timer of 0 ms fires after 2.2 ms in Deno,
 * and after 4 in browsers; one that is already due fires at once, and all else that has happened is heard as well (ADR
 * 81).
 */

/** The longest time without a turn, in milliseconds. */
export const YIELD_MS = 20;

export class Turns {
  #timer?: ReturnType<typeof setTimeout>;
  #next: Promise<void>;
  #last = performance.now();

  /** Asks for the first turn. */
  constructor() {
    this.#next = this.#ask();
  }

  /** Lets other work run. */
  async take(): Promise<void> {
    await this.#next;
    this.#next = this.#ask();
  }

  /** The same, unless the last turn was less than YIELD_MS ago. */
  async takeIfDue(): Promise<void> {
    if (performance.now() - this.#last < YIELD_MS) return;
    await this.take();
    this.#last = performance.now();
  }

  /** There will be no other turn. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #ask(): Promise<void> {
    return new Promise((resolve) => this.#timer = setTimeout(resolve, 0));
  }
}
