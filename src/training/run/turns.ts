/**
 * Turns of the event loop, each asked for when the one before has ended. A timer of 0 ms fires after 2.2 ms in Deno, and
 * after 4 in browsers; one that is already due fires at once, and all else that has happened is heard as well (ADR 81).
 */
export class Turns {
  #timer?: ReturnType<typeof setTimeout>;
  #next: Promise<void>;

  /** Asks for the first turn. */
  constructor() {
    this.#next = this.#ask();
  }

  /** Lets other work run. */
  async take(): Promise<void> {
    await this.#next;
    this.#next = this.#ask();
  }

  /** There will be no other turn. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #ask(): Promise<void> {
    return new Promise((resolve) => this.#timer = setTimeout(resolve, 0));
  }
}
