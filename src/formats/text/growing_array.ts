/** Collects numbers when their count is not known in advance. */

/** A float64 array that grows by doubling. */
export class GrowingArray {
  #values: Float64Array<ArrayBuffer> = new Float64Array(64);
  #length = 0;

  /** Appends one value. */
  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  /** Removes all values but keeps the memory. */
  clear(): void {
    this.#length = 0;
  }

  /** The number of values. */
  get length(): number {
    return this.#length;
  }

  /** A view of the values so far, valid until the next `push`. */
  get values(): Float64Array<ArrayBuffer> {
    return this.#values.subarray(0, this.#length);
  }

  /** The values so far, copied to their exact length. */
  toArray(): Float64Array<ArrayBuffer> {
    return this.#values.slice(0, this.#length);
  }
}
