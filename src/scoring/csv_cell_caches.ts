/**
 * Caches of CSV cells that recur, as bytes: the columns to blame, of which a table has few combinations, and p-values,
 * of which there are hardly more than calibration rows. Each is formatted only once.
 */
import { csvLine } from "../formats/csv/csv_line.ts";
import { MAX_DECIMAL_BYTES, writeDecimal } from "../formats/text/decimal_bytes.ts";

/** Number of combinations kept. */
const MAX_CACHED_CELLS = 4096;

const UTF8 = new TextEncoder();

export class TopColumnsCache {
  readonly #names: readonly string[];
  /** The columns with the largest contributions, largest first. */
  readonly #top: Int32Array;
  readonly #cells = new Map<number, Uint8Array>();

  /** @param maxColumns maximum number of columns to name */
  constructor(names: readonly string[], maxColumns: number) {
    this.#names = names;
    this.#top = new Int32Array(maxColumns);
  }

  /** The top columns of the row that starts at `offset`, as a CSV cell. */
  of(values: Float64Array, offset: number): Uint8Array {
    const count = this.#find(values, offset), top = this.#top, base = this.#names.length + 1;
    let key = 0;
    for (let k = 0; k < count; k++) key = key * base + top[k] + 1;
    const cached = this.#cells.get(key);
    if (cached !== undefined) return cached;
    const names = Array.from(top.subarray(0, count), (c) => this.#names[c]);
    const cell = UTF8.encode(csvLine([names.join(";")]).slice(0, -1));
    if (this.#cells.size === MAX_CACHED_CELLS) this.#cells.clear();
    this.#cells.set(key, cell);
    return cell;
  }

  /** Finds the largest positive contributions, with ties in column order. @returns their number */
  #find(values: Float64Array, offset: number): number {
    const top = this.#top, columns = this.#names.length;
    let count = 0;
    for (let c = 0; c < columns; c++) {
      const value = values[offset + c];
      if (!(value > 0)) continue;
      if (count === top.length && value <= values[offset + top[count - 1]]) continue;
      let k = count < top.length ? count++ : count - 1;
      for (; k > 0 && values[offset + top[k - 1]] < value; k--) top[k] = top[k - 1];
      top[k] = c;
    }
    return count;
  }
}

/** P-values as CSV cells. */
export class PValueCache {
  readonly #values: Float64Array;
  readonly #cells: Uint8Array[];
  readonly #bytes = new Uint8Array(MAX_DECIMAL_BYTES);

  /** @param resolution the smallest p-value, of which all others are multiples, except those of a tail */
  constructor(resolution: number) {
    const count = Math.min(1 << 16, Math.round(1 / resolution) + 1);
    this.#values = new Float64Array(count).fill(NaN);
    this.#cells = new Array<Uint8Array>(count).fill(this.#bytes);
  }

  of(value: number): Uint8Array {
    const at = Math.round(value * (this.#cells.length - 1));
    if (this.#values[at] === value) return this.#cells[at];
    const cell = this.#bytes.slice(0, writeDecimal(value, this.#bytes, 0));
    // Another value may occupy the place; it is formatted again when it recurs.
    this.#values[at] = value;
    this.#cells[at] = cell;
    return cell;
  }
}
