/**
 * Memory for the numbers of short rows, cut from long arrays. Beyond 64 bytes, an array of its own needs memory outside
 * the engine's heap; allocating and freeing that costs as much as reading the row. No part is given out twice, and a
 * long array is freed with the last of its parts.
 */
const LENGTH = 4096;

export class RowArena {
  #array = new Float64Array(LENGTH);
  #used = 0;

  /** An array of zeros; its buffer is shared. */
  allocate(length: number): Float64Array<ArrayBuffer> {
    if (8 * length > LENGTH) return new Float64Array(length);
    if (this.#used + length > LENGTH) {
      this.#array = new Float64Array(LENGTH);
      this.#used = 0;
    }
    return this.#array.subarray(this.#used, this.#used += length);
  }
}
