/**
 * The memory shared by the programs of one backend: an allocator of zeroed ranges above the kernels' own data, and
 * views of the whole memory. Units are elements (32-bit words).
 *
 * Memory grows and never shrinks. Growing replaces the buffer, so read `f32` and `u32` from here each time and do not
 * keep them. Shared memory grows in the same way, and other threads see it.
 */
import { Arena } from "../../graph/arena.ts";

const PAGE_BYTES = 65536;
const ALIGNMENT_BYTES = 256;

export class LinearMemory {
  f32: Float32Array<ArrayBufferLike>;
  u32: Uint32Array<ArrayBufferLike>;
  readonly #memory: WebAssembly.Memory;
  readonly #base: number;
  readonly #arena = new Arena();
  /** Elements from here on were never allocated and are zero. */
  #zeroFrom = 0;

  /** @param heapBase the first byte that the kernels do not use */
  constructor(memory: WebAssembly.Memory, heapBase: number) {
    this.#memory = memory;
    this.#base = Math.ceil(heapBase / ALIGNMENT_BYTES) * ALIGNMENT_BYTES / 4;
    this.f32 = new Float32Array(memory.buffer);
    this.u32 = new Uint32Array(memory.buffer);
  }

  /** Current size of the memory in bytes. */
  get bytes(): number {
    return this.f32.byteLength;
  }

  /** Allocates `length` zeroed elements and returns the index of the first. */
  allocate(length: number): number {
    const offset = this.#arena.allocate(length);
    try {
      this.#reserve(this.#base + offset + length);
    } catch (error) {
      this.#arena.free(offset);
      throw error;
    }
    const index = this.#base + offset;
    if (index < this.#zeroFrom) this.f32.fill(0, index, Math.min(index + length, this.#zeroFrom));
    this.#zeroFrom = Math.max(this.#zeroFrom, index + length);
    return index;
  }

  /** Frees what `allocate` returned. */
  free(index: number): void {
    this.#arena.free(index - this.#base);
  }

  #reserve(elements: number): void {
    const missing = 4 * elements - this.bytes;
    if (missing <= 0) return;
    try {
      this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch (cause) {
      throw new RangeError(
        `Cannot grow memory: WebAssembly holds at most 4 GiB, ${4 * elements} bytes are needed`,
        { cause },
      );
    }
    this.f32 = new Float32Array(this.#memory.buffer);
    this.u32 = new Uint32Array(this.#memory.buffer);
  }
}

/** A view of a range, cached and recreated only when the memory has grown. */
export class LiveView {
  readonly #memory: LinearMemory;
  readonly #index: number;
  readonly #length: number;
  #all?: Float32Array;
  #view: Float32Array = new Float32Array(0);

  constructor(memory: LinearMemory, index: number, length: number) {
    this.#memory = memory;
    this.#index = index;
    this.#length = length;
  }

  get elements(): Float32Array {
    const { f32 } = this.#memory;
    if (this.#all !== f32) {
      this.#all = f32;
      this.#view = f32.subarray(this.#index, this.#index + this.#length);
    }
    return this.#view;
  }
}

/**
 * A range that is read repeatedly. Copying needs a view of exactly the elements to copy. The view is cached and
 * recreated only if their number or the buffer has changed, so reading allocates nothing.
 */
export class ReadWindow {
  readonly #memory: LinearMemory;
  readonly #index: number;
  #view: Float32Array<ArrayBufferLike> = new Float32Array(0);

  constructor(memory: LinearMemory, index: number) {
    this.#memory = memory;
    this.#index = index;
  }

  /** Copies `into.length` elements from the start of the range. */
  copyTo(into: Float32Array | Float64Array): void {
    const { f32 } = this.#memory;
    if (this.#view.length !== into.length || this.#view.buffer !== f32.buffer) {
      this.#view = f32.subarray(this.#index, this.#index + into.length);
    }
    into.set(this.#view);
  }
}
