/**
 * Gathers the cells of a table, row by row, through the codec of each column; or, where nobody knows the columns yet,
 * as they are: numbers, NaN where a cell is missing, and for a column with any text in it, codes into the list of its
 * texts in the order of their first appearance.
 *
 * In a column with text a number is the text that JavaScript writes for it: 7, 7.0 and 07 are one text.
 */
import { type CellCodec, isMissing, NUMBER_EXPECTED, parseNumber } from "./cells.ts";
import { GrowingArray } from "./growing_array.ts";

/** How cells are read: only numbers, anything, or as the codec of each column says. */
export type CellReading = "numbers" | "any" | ((column: string) => CellCodec);

/** The cells of a table. */
export interface GatheredCells {
  /** [rows, columns] f64, row-major. */
  readonly data: Float64Array;
  /** For each column with text its texts, into which its cells are codes; absent if no column has any. */
  readonly texts?: readonly (readonly string[] | undefined)[];
}

/** Collects cells in row-major order. */
export class CellGatherer {
  readonly #values = new GrowingArray();
  readonly #codecs: readonly CellCodec[];
  readonly #texts: (Map<string, number> | undefined)[];

  /**
   * Starts with nothing read.
   * @param numbers the codec of columns that must be numbers, which depends on the format
   */
  constructor(columns: readonly string[], reading: CellReading, numbers: CellCodec) {
    this.#texts = columns.map(() => undefined);
    this.#codecs = columns.map((name, c) =>
      reading === "numbers" ? numbers : reading === "any" ? this.#any(c) : reading(name)
    );
  }

  /** Takes the next cell, of column `c`; returns what was expected if the column cannot take it. */
  add(c: number, cell: unknown): string | undefined {
    const codec = this.#codecs[c];
    const value = codec.encode(cell);
    if (value === undefined) return codec.expected(cell);
    this.#values.push(value);
    return undefined;
  }

  /** All cells so far. */
  finish(): GatheredCells {
    const data = this.#values.toArray();
    if (this.#texts.every((texts) => texts === undefined)) return { data };
    return { data, texts: this.#texts.map((texts) => texts && [...texts.keys()]) };
  }

  #any(column: number): CellCodec {
    return {
      encode: (cell) => {
        if (cell === null || cell === undefined) return NaN;
        if (typeof cell === "boolean") return this.#code(column, `${cell}`);
        if (typeof cell === "number") return this.#number(column, cell);
        if (typeof cell !== "string") return undefined;
        const value = parseNumber(cell);
        if (!Number.isNaN(value)) return this.#number(column, value);
        if (isMissing(cell)) return NaN;
        return isInfinite(cell) ? undefined : this.#code(column, cell.trim());
      },
      expected: (cell) =>
        typeof cell === "object" ? "a number, a text, true, false or null" : NUMBER_EXPECTED,
    };
  }

  #number(column: number, value: number): number | undefined {
    if (Number.isNaN(value)) return NaN;
    if (!Number.isFinite(value)) return undefined;
    return this.#texts[column] ? this.#code(column, `${value}`) : value;
  }

  #code(column: number, text: string): number {
    const texts = this.#texts[column] ??= this.#numbersAsTexts(column);
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, texts.size);
    return texts.size - 1;
  }

  /** The first text of a column: the numbers above it become texts, too. */
  #numbersAsTexts(column: number): Map<string, number> {
    const texts = new Map<string, number>(), { values } = this.#values;
    for (let i = column; i < values.length; i += this.#codecs.length) {
      if (Number.isNaN(values[i])) continue;
      const text = `${values[i]}`;
      if (!texts.has(text)) texts.set(text, texts.size);
      values[i] = texts.get(text)!;
    }
    return texts;
  }
}

/** Infinity and numbers beyond float64, which are neither numbers nor names of anything. */
function isInfinite(text: string): boolean {
  return /^\s*[+-]?inf(inity)?\s*$/i.test(text) || Math.abs(Number(text)) === Infinity;
}
