/**
 * Collects the cells of a table, row by row, through each column's codec. If the columns are not known yet, cells are
 * kept as they are: numbers, NaN if missing and, in a column with any text, codes into the list of its texts in order
 * of first appearance.
 *
 * In a text column, a number becomes the text that JavaScript writes for it: 7, 7.0 and 07 are one text. Exceptions are
 * columns whose texts are to be kept.
 */
import { type CellCodec, isMissing, NUMBER_EXPECTED, parseNumber } from "./cells.ts";
import { GrowingArray } from "./growing_array.ts";

/** How cells are read: only numbers, anything, or through each column's codec. */
export type CellReading = "numbers" | "any" | KeptTexts | ((column: string) => CellCodec);

/** Reads anything, and some columns as the texts they contain. */
export interface KeptTexts {
  /** Names of these columns; the table need not have them. */
  readonly texts: ReadonlySet<string>;
}

/** Whether numbers in a column stay the text they are written as. */
export function keepsText(reading: CellReading | undefined, column: string): boolean {
  return typeof reading === "object" && reading.texts.has(column);
}

/** The cells of a table. */
export interface GatheredCells {
  /** [rows, columns] f64, row-major. */
  readonly data: Float64Array;
  /** For each text column, its texts; its cells are codes into them. Absent if there are no text columns. */
  readonly texts?: readonly (readonly string[] | undefined)[];
  /** Names of numeric columns with digits after a leading zero; absent if there are none. */
  readonly padded?: readonly string[];
}

/** Collects cells, those of each column in row order. */
export class CellGatherer {
  readonly #reading: CellReading;
  readonly #numbers: CellCodec;
  readonly #columns: {
    readonly name: string;
    readonly values: GrowingArray;
    readonly codec: CellCodec;
  }[] = [];
  /** Numeric columns with digits after a leading zero. */
  readonly #padded = new Set<string>();
  readonly #texts: (Map<string, number> | undefined)[] = [];
  /** Rows already returned by `take`. */
  #taken = 0;

  /**
   * Starts with nothing read.
   * @param numbers the codec for columns that must be numeric, which depends on the format
   */
  constructor(columns: readonly string[], reading: CellReading, numbers: CellCodec) {
    this.#reading = reading;
    this.#numbers = numbers;
    for (const name of columns) this.addColumn(name);
  }

  /**
   * Adds a column.
   * @param rows number of existing rows, which lack its cell
   * @returns what was expected, if they may not lack it
   */
  addColumn(name: string, rows = 0): string | undefined {
    const values = new GrowingArray(), reading = this.#reading, c = this.#columns.length;
    const codec = reading === "numbers"
      ? this.#numbers
      : typeof reading === "function"
      ? reading(name)
      : this.#any(name, c, values);
    this.#columns.push({ name, values, codec });
    this.#texts.push(undefined);
    if (rows > 0 && codec.encode(undefined) === undefined) return codec.expected(undefined);
    for (let r = this.#taken; r < rows; r++) this.add(c, undefined);
    return undefined;
  }

  /** Takes the next cell of column `c`; returns what was expected if the column cannot take it. */
  add(c: number, cell: unknown): string | undefined {
    const { codec, values } = this.#columns[c];
    const value = codec.encode(cell);
    if (value === undefined) return codec.expected(cell);
    values.push(value);
    return undefined;
  }

  /** All cells so far, in whole rows. */
  finish(): GatheredCells {
    const width = this.#columns.length, rows = this.#columns[0]?.values.length ?? 0;
    const data = new Float64Array(rows * width);
    this.#columns.forEach(({ values: { values } }, c) => {
      for (let r = 0; r < rows; r++) data[r * width + c] = values[r];
    });
    const found = this.#padded.size > 0 ? { data, padded: [...this.#padded] } : { data };
    if (this.#texts.every((texts) => texts === undefined)) return found;
    return { ...found, texts: this.#texts.map((texts) => texts && [...texts.keys()]) };
  }

  /** All cells since the last call, which are not kept: the next ones start anew. */
  take(): GatheredCells {
    const gathered = this.finish();
    this.#taken += this.#columns[0]?.values.length ?? 0;
    for (const { values } of this.#columns) values.clear();
    this.#texts.fill(undefined);
    return gathered;
  }

  #any(name: string, c: number, values: GrowingArray): CellCodec {
    const isKept = keepsText(this.#reading, name), padded = this.#padded;
    const code = (text: string): number => {
      const texts = this.#texts[c] ??= numbersAsTexts(values.values);
      const known = texts.get(text);
      if (known !== undefined) return known;
      texts.set(text, texts.size);
      return texts.size - 1;
    };
    const number = (value: number): number | undefined => {
      if (Number.isNaN(value)) return NaN;
      if (!Number.isFinite(value)) return undefined;
      return isKept || this.#texts[c] ? code(`${value}`) : value;
    };
    return {
      encode(cell) {
        if (cell === null || cell === undefined) return NaN;
        if (typeof cell === "boolean") return code(`${cell}`);
        if (typeof cell === "number") return number(cell);
        if (typeof cell !== "string") return undefined;
        if (isKept) return isMissing(cell) ? NaN : code(cell.trim());
        if (cell.charCodeAt(0) === ZERO && isPadded(cell)) padded.add(name);
        const value = parseNumber(cell);
        if (!Number.isNaN(value)) return number(value);
        if (isMissing(cell)) return NaN;
        return isInfinite(cell) ? undefined : code(cell.trim());
      },
      expected: (cell) =>
        typeof cell === "object" ? "a number, a text, true, false or null" : NUMBER_EXPECTED,
    };
  }
}

const ZERO = 48;

/** Whether a text has digits after a leading zero, which a number would lose. */
function isPadded(text: string): boolean {
  return /^0\d+$/.test(text);
}

/** Converts the numbers before the first text of a column to texts. */
function numbersAsTexts(values: Float64Array): Map<string, number> {
  const texts = new Map<string, number>();
  for (let r = 0; r < values.length; r++) {
    if (Number.isNaN(values[r])) continue;
    const text = `${values[r]}`;
    if (!texts.has(text)) texts.set(text, texts.size);
    values[r] = texts.get(text)!;
  }
  return texts;
}

/** Infinity and numbers that overflow float64, which are neither numbers nor labels. */
export function isInfinite(text: string): boolean {
  if (!/^\s*[+\-.\di]/i.test(text)) return false;
  return /^\s*[+-]?inf(inity)?\s*$/i.test(text) || Math.abs(Number(text)) === Infinity;
}
