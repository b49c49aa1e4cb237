/** What the cells of a column say of its kind, counted as they come: all that is kept of rows that are not. */
import { parseTimestamp } from "../../core/timestamp.ts";
import { isForeignNumber, markOf } from "../csv/decimal_comma.ts";
import { parseNumber } from "../text/cells.ts";

/** A text where others are numbers. */
export interface FirstText {
  /** Its row, from 1. */
  readonly row: number;
  /** What it says. */
  readonly text: string;
  /** Whether it would be a number in some country. */
  readonly isForeign: boolean;
}

/** Counts the cells of a column, block by block; cells are codes into the block's texts where it has any. */
export class ColumnTally {
  /** Of cells that are numbers here. */
  smallest: number = Infinity;
  /** The same. */
  largest: number = -Infinity;
  /** Whether all of them are whole. */
  whole = true;
  /** Cells that are numbers here, or would be in some country. */
  numbers = 0;
  /** Cells of any other text. */
  others = 0;
  /** Whether each of these is a point in time. */
  times = true;
  /** The first cell that is not a number here; only if no other is so, one with a decimal comma. */
  firstText: FirstText | undefined;
  #isComma = false;

  /**
   * Counts the cells of a column in a block of rows.
   * @param data [rows, width] f64, row-major; NaN where a value is missing
   * @param before rows before the block
   */
  add(data: Float64Array, c: number, width: number, texts?: readonly string[], before = 0): this {
    if (texts) this.#addTexts(data, c, width, texts, before);
    else this.#addNumbers(data, c, width);
    return this;
  }

  #addNumbers(data: Float64Array, c: number, width: number): void {
    let { smallest, largest, whole, numbers } = this;
    for (let i = c; i < data.length; i += width) {
      const value = data[i] + 0; // one zero
      if (value !== value) continue;
      if (value < smallest) smallest = value;
      if (value > largest) largest = value;
      whole &&= Number.isInteger(value);
      numbers++;
    }
    Object.assign(this, { smallest, largest, whole, numbers });
  }

  /** The kind of a text; a number counts as one in a block without texts does. */
  #meet(text: string): number {
    const kind = kindOf(text);
    if (kind !== NUMBER) return kind;
    const value = parseNumber(text);
    this.smallest = Math.min(this.smallest, value);
    this.largest = Math.max(this.largest, value);
    this.whole &&= Number.isInteger(value);
    return kind;
  }

  #addTexts(
    data: Float64Array,
    c: number,
    width: number,
    texts: readonly string[],
    before: number,
  ): void {
    const kinds = new Uint8Array(texts.length);
    for (let i = c; i < data.length; i += width) {
      const code = data[i];
      if (code !== code) continue;
      const kind = kinds[code] || (kinds[code] = this.#meet(texts[code]));
      if (kind === OTHER) {
        this.others++;
        this.times &&= !Number.isNaN(parseTimestamp(texts[code]));
      } else this.numbers++;
      // A decimal comma alone is read where cells are not separated by commas: what stands beside it is at fault.
      if (kind === NUMBER || this.firstText && (kind === COMMA || !this.#isComma)) continue;
      const row = before + (i - c) / width + 1;
      this.firstText = { row, text: texts[code], isForeign: kind !== OTHER };
      this.#isComma = kind === COMMA;
    }
  }
}

const NUMBER = 1, COMMA = 2, FOREIGN = 3, OTHER = 4;

function kindOf(text: string): number {
  if (!Number.isNaN(parseNumber(text))) return NUMBER;
  if (markOf(text) === ",") return COMMA;
  return isForeignNumber(text) ? FOREIGN : OTHER;
}
