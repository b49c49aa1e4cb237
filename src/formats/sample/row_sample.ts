/**
 * Rows of a table that comes in parts: all of them while they are few, else so many of them, in their order, in memory
 * that does not grow. What they are hangs on the seed and the rows' numbers alone, not on the parts.
 *
 *   drawn    without replacement, each set of so many as likely as any other: every row has a key, uniform over the
 *            multiples of 2⁻⁵³ in [0, 1) by its number, and the smallest keys stay (a bottom-k sample: Cohen and Kaplan,
 *            "Summarizing data using bottom-k sketches", 2007)
 *   latest   the last so many, of rows whose order matters
 *
 * Room for a quarter more is filled before what is too much goes, so that rows move seldom. What only all rows can say of
 * a column is counted (`column_tally.ts`); texts that no row that stays has are remembered up to a number.
 */
import { HostRandom } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";
import type { Table } from "../table.ts";
import { parseNumber } from "../text/cells.ts";
import { ColumnTally } from "./column_tally.ts";

/** How many rows stay, and which. */
export interface SampleOptions {
  /** The most rows, of a table of so many columns. */
  readonly most: (columns: number) => number;
  /** Fixes which; 0. */
  readonly seed?: number;
  /** Whether it is the last rows that stay. */
  readonly latest?: boolean;
}

/** Texts of a column that are remembered though no row that stays has them. */
const MOST_TEXTS = 1 << 16;

/** `add` each part, then `finish`. */
export class RowSample {
  readonly #options: SampleOptions;
  readonly #random: HostRandom;
  #part: Table | undefined;
  readonly #padded = new Set<string>();
  #most = 0;
  #width = 0;
  #data = new Float64Array();
  #numbers = new Float64Array();
  #label: Float64Array | undefined;
  /** Of columns with text: their codes here, and those of the part's texts, once they are known. */
  readonly #texts: (Map<string, number> | undefined)[] = [];
  #codes: (Float64Array | undefined)[] = [];
  /** Texts that rows had which are not here. */
  readonly #gone: Set<string>[] = [];
  #tallies: ColumnTally[] | undefined;
  /** Rows that are here. */
  #held = 0;
  /** Rows that came. */
  #read = 0;
  /** Rows of this key or a larger one do not stay. */
  #bound = Infinity;

  /** Starts with no row. */
  constructor(options: SampleOptions) {
    this.#options = options;
    this.#random = new HostRandom(options.seed ?? 0, 0, STREAMS.sample);
  }

  /** How many rows came so far. */
  get read(): number {
    return this.#read;
  }

  /** Takes the next rows. Parts are of one table: of the columns of the part before, and perhaps more behind them. */
  add(part: Table): void {
    this.#open(part);
    let counted = this.#tallies ? 0 : part.rows;
    for (let r = 0; r < part.rows; r++) {
      const number = this.#read + 1;
      let stays = this.#stays(number);
      if (stays && this.#held >= this.#most + slackOf(this.#most)) {
        if (!this.#tallies) counted = r;
        this.#thin();
        stays = this.#stays(number);
      }
      if (stays) this.#keep(part, r, number);
      else this.#pass(part, r);
      this.#read = number;
    }
    if (counted === part.rows) return;
    const rest = part.data.subarray(counted * this.#width);
    this.#tally(rest, part.texts, this.#read - part.rows + counted);
  }

  /** The rows that stay as one table. */
  finish(): Table {
    if (!this.#part) throw new RangeError("Cannot sample rows: there is none");
    if (this.#held > this.#most) this.#thin();
    const { columns, source, lines } = this.#part, rows = this.#held, label = this.#label;
    const texts = this.#texts.map((own, c) =>
      own && [...own.keys(), ...[...this.#gone[c]].filter((text) => !own.has(text))]
    );
    const numbers = this.#numbers.slice(0, rows), tallies = this.#tallies;
    return {
      columns,
      data: this.#data.subarray(0, rows * this.#width),
      ...(texts.some((own) => own) && { texts }),
      ...(this.#padded.size > 0 && { padded: [...this.#padded] }),
      rows,
      ...(label && { label: label.slice(0, rows) }),
      source,
      ...(lines && { lines }),
      ...(tallies && { drawn: { rows: this.#read, numbers, columns: tallies } }),
    };
  }

  #open(part: Table): void {
    if (!this.#part && part.label) this.#label = new Float64Array();
    for (const name of part.padded ?? []) this.#padded.add(name);
    if (!part.label) this.#label = undefined;
    if (part.columns.length > this.#width) this.#widen(part.columns.length);
    this.#part = part;
    part.texts?.forEach((texts, c) => {
      if (texts) this.#texts[c] ??= this.#numbersAsTexts(c);
    });
    this.#codes = (part.texts ?? []).map((texts) => texts && unknown(texts.length));
  }

  /** Rows so far have no cell in the new columns. Fewer stay of wider ones: the others go before there is room for cells. */
  #widen(width: number): void {
    this.#most = this.#options.most(width);
    if (this.#held > this.#most) this.#thin();
    const rows = Math.min(this.#numbers.length, this.#most + slackOf(this.#most));
    this.#numbers = this.#numbers.slice(0, rows);
    this.#label &&= this.#label.slice(0, rows);
    const before = this.#width, data = unknown(rows * width);
    for (let r = 0; r < this.#held; r++) {
      data.set(this.#data.subarray(r * before, (r + 1) * before), r * width);
    }
    for (let c = before; c < width; c++) {
      this.#texts.push(undefined);
      this.#gone.push(new Set());
      this.#tallies?.push(new ColumnTally());
    }
    this.#data = data;
    this.#width = width;
  }

  #stays(number: number): boolean {
    return this.#bound === Infinity || this.#keyOf(number) < this.#bound;
  }

  #keyOf(number: number): number {
    if (this.#options.latest) return -number;
    return this.#random.restart(Math.floor(number / 2 ** 32), number % 2 ** 32).uniformF64();
  }

  #keep(part: Table, r: number, number: number): void {
    const held = this.#held, width = this.#width, at = held * width, from = r * width;
    if (held === this.#numbers.length) this.#grow();
    const data = this.#data;
    for (let c = 0; c < width; c++) {
      const value = part.data[from + c];
      data[at + c] = this.#texts[c] && value === value ? this.#code(part, c, value) : value;
    }
    this.#numbers[held] = number;
    if (this.#label) this.#label[held] = part.label![r];
    this.#held++;
  }

  #pass(part: Table, r: number): void {
    part.texts?.forEach((texts, c) => {
      const value = part.data[r * this.#width + c];
      if (texts && value === value && this.#gone[c].size < MOST_TEXTS) {
        this.#remember(c, texts[value]);
      }
    });
  }

  /** What stands here for a cell of a column with text. */
  #code(part: Table, c: number, value: number): number {
    const own = this.#texts[c]!, codes = this.#codes[c];
    if (!codes) return codeIn(own, `${value}`);
    const known = codes[value];
    return known === known ? known : codes[value] = codeIn(own, part.texts![c]![value]);
  }

  /** The first text of a column: the numbers above it become texts, too. */
  #numbersAsTexts(c: number): Map<string, number> {
    const texts = new Map<string, number>(), data = this.#data;
    for (let i = c; i < this.#held * this.#width; i += this.#width) {
      if (!Number.isNaN(data[i])) data[i] = codeIn(texts, `${data[i]}`);
    }
    return texts;
  }

  #grow(): void {
    const most = Math.max(this.#held + 1, this.#most + slackOf(this.#most));
    const rows = Math.min(Math.max(1024, 2 * this.#held), most);
    this.#data = larger(this.#data, rows * this.#width);
    this.#numbers = larger(this.#numbers, rows);
    this.#label &&= larger(this.#label, rows);
  }

  /** What is too much goes. */
  #thin(): void {
    const width = this.#width, numbers = this.#numbers;
    // So far every row stayed.
    if (!this.#tallies) {
      this.#tallies = this.#texts.map(() => new ColumnTally());
      const texts = this.#texts.map((own) => own && [...own.keys()]);
      this.#tally(this.#data.subarray(0, this.#held * width), texts, 0);
    }
    const keys = Float64Array.from({ length: this.#held }, (_, i) => this.#keyOf(numbers[i]));
    this.#bound = keys.slice().sort()[this.#most];
    let held = 0;
    for (let i = 0; i < this.#held; i++) {
      if (keys[i] >= this.#bound) continue;
      this.#data.copyWithin(held * width, i * width, (i + 1) * width);
      numbers[held] = numbers[i];
      if (this.#label) this.#label[held] = this.#label[i];
      held++;
    }
    this.#held = held;
    this.#texts.forEach((own, c) => own && this.#recode(c, [...own.keys()]));
  }

  /** The texts of a column in the order of the rows that are still here. */
  #recode(c: number, texts: readonly string[]): void {
    const codes = unknown(texts.length), own = new Map<string, number>(), data = this.#data;
    for (let i = c; i < this.#held * this.#width; i += this.#width) {
      const code = data[i];
      if (code !== code) continue;
      const known = codes[code];
      data[i] = known === known ? known : codes[code] = codeIn(own, texts[code]);
    }
    this.#texts[c] = own;
    this.#codes[c]?.fill(NaN);
    texts.forEach((text, code) => {
      if (Number.isNaN(codes[code])) this.#remember(c, text);
    });
  }

  /** A text of a row that does not stay. Whether a number is a text hangs on the part that it came in. */
  #remember(c: number, text: string): void {
    const gone = this.#gone[c];
    if (gone.size < MOST_TEXTS && Number.isNaN(parseNumber(text))) gone.add(text);
  }

  #tally(data: Float64Array, texts: Table["texts"], before: number): void {
    this.#tallies!.forEach((tally, c) => tally.add(data, c, this.#width, texts?.[c], before));
  }
}

/** Rows more than stay that there is room for. */
function slackOf(most: number): number {
  return Math.max(1024, most >> 2);
}

function unknown(count: number): Float64Array<ArrayBuffer> {
  return new Float64Array(count).fill(NaN);
}

function codeIn(texts: Map<string, number>, text: string): number {
  const known = texts.get(text);
  if (known !== undefined) return known;
  texts.set(text, texts.size);
  return texts.size - 1;
}

function larger(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(values);
  return grown;
}
