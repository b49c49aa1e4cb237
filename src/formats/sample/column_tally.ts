/** Statistics of a column that show its kind, counted as cells arrive: all that is kept of rows that are dropped. */
import { parseTimestamp } from "../../core/timestamp.ts";
import { isForeignNumber, markOf } from "../csv/decimal_comma.ts";
import { parseNumber } from "../text/cells.ts";
import { type CellPlace, WrittenForms } from "./written_forms.ts";

/** A text in a column of numbers. */
export interface FirstText extends CellPlace {
  /** Whether it would be a number in some country. */
  readonly isForeign: boolean;
}

/** Counts the cells of a column, block by block; cells are codes into the block's texts where it has any. */
export class ColumnTally {
  /** The smallest cell that is a number here. */
  smallest: number = Infinity;
  /** The largest cell that is a number here. */
  largest: number = -Infinity;
  /** Whether all of these are integers. */
  whole = true;
  /** Cells that are numbers here, or would be in some country. */
  numbers = 0;
  /** Cells of any other text. */
  others = 0;
  /** The first of these others, as far as they differ; no more than {@link MAX_WORDS} and one. */
  readonly words: Set<string> = new Set();
  /** Whether all of these others are timestamps. */
  times = true;
  /** The first cell that is not a number here; one with a decimal comma only if there is no other. */
  firstText: FirstText | undefined;
  /** The first number other than 0. */
  firstNumber: CellPlace | undefined;
  /** How its texts are written, should all be dates or amounts. */
  readonly forms: WrittenForms = new WrittenForms();
  #isComma = false;

  /**
   * Counts the cells of a column in a block of rows.
   * @param data [rows, width] f64, row-major; NaN if a value is missing
   * @param before number of rows before the block
   */
  add(data: Float64Array, c: number, width: number, texts?: readonly string[], before = 0): this {
    if (texts) this.#addTexts(data, c, width, texts, before);
    else this.#addNumbers(data, c, width, before);
    return this;
  }

  #addNumbers(data: Float64Array, c: number, width: number, before: number): void {
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
    for (let i = c; i < data.length && !this.firstNumber; i += width) {
      if (data[i]) this.#noteNumber(data[i], before + (i - c) / width + 1);
    }
  }

  #noteNumber(value: number, row: number): void {
    if (value !== 0) this.firstNumber ??= { row, text: `${value}` };
  }

  /** Classifies a text. Counts a number as in a block without texts. */
  #classify(text: string, row: number): number {
    const kind = kindOf(text);
    if (kind !== NUMBER) {
      this.forms.add(text, row);
      return kind;
    }
    const value = parseNumber(text);
    this.#noteNumber(value, row);
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
      const row = before + (i - c) / width + 1;
      const kind = kinds[code] || (kinds[code] = this.#classify(texts[code], row));
      if (kind === OTHER) {
        this.others++;
        if (this.words.size <= MAX_WORDS) this.words.add(texts[code]);
        this.times &&= !Number.isNaN(parseTimestamp(texts[code]));
      } else this.numbers++;
      // A decimal comma alone can be read if the separator is not a comma, so the fault is any other text beside it.
      if (kind === NUMBER || this.firstText && (kind === COMMA || !this.#isComma)) continue;
      this.firstText = { row, text: texts[code], isForeign: kind !== OTHER };
      this.#isComma = kind === COMMA;
    }
  }
}

/** More different texts are hardly spellings of a missing value. */
export const MAX_WORDS = 3;

const NUMBER = 1, COMMA = 2, FOREIGN = 3, OTHER = 4;

function kindOf(text: string): number {
  if (!Number.isNaN(parseNumber(text))) return NUMBER;
  if (markOf(text) === ",") return COMMA;
  return isForeignNumber(text) ? FOREIGN : OTHER;
}
