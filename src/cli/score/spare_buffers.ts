/**
 * Memory that the blocks of a file and the lines of their scores take in turns: so a file of any length takes what
 * is under way at once, and nothing is left for a collector of garbage, which would let it pile up first.
 */
export class SpareBuffers {
  readonly #buffers: ArrayBuffer[] = [];

  /** One that was given back, if there is any. */
  readonly take = (): ArrayBuffer | undefined => this.#buffers.pop();

  /** Gives back memory that nobody looks at any more. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength > 0) this.#buffers.push(buffer);
  }
}
