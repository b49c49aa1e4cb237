/** Counts requests in progress. */
export class InFlight {
  #count = 0;
  #onNone = () => {};

  async during<Value>(answer: () => Promise<Value>): Promise<Value> {
    this.#count++;
    try {
      return await answer();
    } finally {
      if (--this.#count === 0) this.#onNone();
    }
  }

  none(): Promise<void> {
    return new Promise((resolve) => {
      this.#onNone = resolve;
      if (this.#count === 0) resolve();
    });
  }
}
