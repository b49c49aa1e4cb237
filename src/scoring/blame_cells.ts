/**
 * The columns to blame as a cell of CSV, row after row: a table has few combinations of them, and each is
 * put into words once.
 */
import { csvLine } from "../formats/csv_line.ts";

/** Combinations that are kept. */
const MOST_TEXTS = 4096;

export class BlameCells {
  readonly #names: readonly string[];
  /** The columns with the largest contributions, the largest first. */
  readonly #top: Int32Array;
  readonly #texts = new Map<number, string>();

  /** @param most columns that are named, at most */
  constructor(names: readonly string[], most: number) {
    this.#names = names;
    this.#top = new Int32Array(most);
  }

  /** What `topColumns` finds in the row that starts at `offset`, as a cell. */
  of(values: Float64Array, offset: number): string {
    const count = this.#find(values, offset), top = this.#top, base = this.#names.length + 1;
    let key = 0;
    for (let k = 0; k < count; k++) key = key * base + top[k] + 1;
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const names = Array.from(top.subarray(0, count), (c) => this.#names[c]);
    const text = csvLine([names.join(";")]).slice(0, -1);
    if (this.#texts.size === MOST_TEXTS) this.#texts.clear();
    this.#texts.set(key, text);
    return text;
  }

  /** Finds the largest that are above 0, equal ones in the order of the columns; how many there are. */
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

/** Texts of p-values: of so many calibration rows there are hardly more. */
export class PValueTexts {
  readonly #values: Float64Array;
  readonly #texts: string[];

  /** @param resolution the smallest p-value, of which the others are multiples, but for those of a tail */
  constructor(resolution: number) {
    const count = Math.min(1 << 16, Math.round(1 / resolution) + 1);
    this.#values = new Float64Array(count).fill(NaN);
    this.#texts = new Array<string>(count).fill("");
  }

  of(value: number): string {
    const at = Math.round(value * (this.#texts.length - 1));
    if (this.#values[at] === value) return this.#texts[at];
    const text = String(value);
    // Another may have had the place: it is made anew when it comes again.
    this.#values[at] = value;
    this.#texts[at] = text;
    return text;
  }
}
