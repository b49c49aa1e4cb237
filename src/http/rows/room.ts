/**
 * Room for the numbers of short rows, cut from long arrays. An array of its own costs, beyond 64 bytes, a piece of memory
 * outside of the engine's heap, to be found and freed again: as much as to read the row that goes into it. Nothing is
 * given out twice, and a long array goes with the last of its parts.
 */
const LENGTH = 4096;

export class Room {
  #array = new Float64Array(LENGTH);
  #used = 0;

  /** So many zeros; the buffer below them is shared. */
  take(length: number): Float64Array<ArrayBuffer> {
    if (8 * length > LENGTH) return new Float64Array(length);
    if (this.#used + length > LENGTH) {
      this.#array = new Float64Array(LENGTH);
      this.#used = 0;
    }
    return this.#array.subarray(this.#used, this.#used += length);
  }
}
