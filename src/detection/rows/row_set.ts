/**
 * Finds rows of a table that are equal in some of its columns: a hash table of rows with open addressing. Cells are
 * compared by value: 0 equals -0, and missing equals missing.
 */
import type { Cells } from "../../scoring/table/cells.ts";

/** The distinct rows met so far. */
export class RowSet {
  readonly #data: Float64Array;
  readonly #words: Uint32Array;
  readonly #width: number;
  readonly #columns: Uint32Array;
  /** By hash: the index of the row plus 1, or 0 if empty. At most half of the slots are filled. */
  readonly #slots: Uint32Array;
  /** The hash of each row that is in a slot. */
  readonly #hashes: Uint32Array;

  /** @param columns the columns to compare, of `width` in all */
  constructor({ data, rows }: Cells, width: number, columns: Iterable<number>) {
    this.#data = data;
    this.#words = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length);
    this.#width = width;
    this.#columns = Uint32Array.from(columns);
    this.#slots = new Uint32Array(2 ** (32 - Math.clz32(2 * rows + 1)));
    this.#hashes = new Uint32Array(rows);
  }

  /** The first row met that equals this one; the row itself if there is none. */
  findOrAdd(row: number): number {
    const hash = this.#hash(row), slots = this.#slots, last = slots.length - 1;
    let slot = hash & last;
    for (; slots[slot] !== 0; slot = (slot + 1) & last) {
      const other = slots[slot] - 1;
      if (this.#hashes[other] === hash && this.#isEqual(row, other)) return other;
    }
    slots[slot] = row + 1;
    this.#hashes[row] = hash;
    return row;
  }

  #hash(row: number): number {
    const data = this.#data, words = this.#words, columns = this.#columns, at = row * this.#width;
    let a = 0x9e3779b9;
    for (let i = 0; i < columns.length; i++) {
      const place = at + columns[i], value = data[place];
      // Zero and NaN each have several bit patterns.
      const isOrdinary = value === value && value !== 0;
      const low = isOrdinary ? words[2 * place] : 0,
        high = isOrdinary ? words[2 * place + 1] : +(value === 0);
      a = Math.imul(a ^ low, 0x85ebca6b);
      a = Math.imul(a ^ (a >>> 15) ^ high, 0xc2b2ae35);
      a ^= a >>> 13;
    }
    a = Math.imul(a ^ (a >>> 16), 0x27d4eb2f);
    return (a ^ (a >>> 15)) >>> 0;
  }

  #isEqual(a: number, b: number): boolean {
    const data = this.#data, columns = this.#columns, width = this.#width;
    for (let i = 0; i < columns.length; i++) {
      const valueA = data[a * width + columns[i]], valueB = data[b * width + columns[i]];
      if (valueA !== valueB && (valueA === valueA || valueB === valueB)) return false;
    }
    return true;
  }
}
