/**
 * A pool of buffers for blocks of a file and the lines of their scores. Memory is bounded by the blocks in progress,
 * whatever the length of the file, and does not pile up waiting for the garbage collector.
 */
export class BufferPool {
  readonly #buffers: ArrayBuffer[] = [];

  /** A returned buffer, if there is one. */
  readonly take = (): ArrayBuffer | undefined => this.#buffers.pop();

  /** Returns a buffer that nobody uses any more. */
  release(buffer: ArrayBuffer): void {
    if (buffer.byteLength > 0) this.#buffers.push(buffer);
  }
}
