/**
 * A first-fit allocator of offsets within one block of memory; free neighbours are merged. Units are elements (32-bit
 * words). Every offset is a multiple of 64 elements, which is 256 bytes, WebGPU's binding alignment.
 */

/** Every offset is a multiple of this many elements. */
export const ALIGNMENT = 64;

export class Arena {
  /** High-water mark: elements needed so far. */
  length = 0;
  /** End of the used part: nothing beyond it is allocated. */
  #end = 0;
  readonly #guard: number;
  readonly #used = new Map<number, number>();
  /** Free ranges `[offset, size]`, sorted by offset. */
  #free: [number, number][] = [];

  /** @param guard unused elements to keep after each allocation */
  constructor(guard = 0) {
    this.#guard = guard;
  }

  allocate(elements: number): number {
    const size = align(Math.max(elements, 1) + this.#guard);
    const index = this.#free.findIndex(([, free]) => free >= size);
    const [offset, available] = index < 0 ? [this.#end, size] : this.#free[index];
    if (index < 0) this.#end += size;
    else if (available === size) this.#free.splice(index, 1);
    else this.#free[index] = [offset + size, available - size];
    this.length = Math.max(this.length, this.#end);
    this.#used.set(offset, size);
    return offset;
  }

  /** Frees a range. @throws RangeError if nothing is allocated at `offset` */
  free(offset: number): void {
    const size = this.#used.get(offset);
    if (size === undefined) {
      throw new RangeError(`Cannot free: no range in use starts at ${offset}`);
    }
    this.#used.delete(offset);
    const ranges = [...this.#free, [offset, size] as [number, number]].sort((a, b) => a[0] - b[0]);
    this.#free = [];
    for (const range of ranges) {
      const last = this.#free.at(-1);
      if (last && last[0] + last[1] === range[0]) last[1] += range[1];
      else this.#free.push(range);
    }
    const last = this.#free.at(-1);
    if (!last || last[0] + last[1] !== this.#end) return;
    this.#end = last[0];
    this.#free.pop();
  }
}

const align = (elements: number) => Math.ceil(elements / ALIGNMENT) * ALIGNMENT;
