/**
 * Samples the rows of a table that arrives in parts: keeps all while they are few, otherwise a fixed number of them, in
 * order, in memory that does not grow. Which rows are kept depends only on the seed and the row numbers, not on the
 * parts.
 *
 *   drawn    without replacement, each set of that size equally likely: every row number has a key, uniform over the
 *            multiples of 2⁻⁵³ in [0, 1), and the smallest keys are kept (a bottom-k sample: Cohen and Kaplan,
 *            "Summarizing data using bottom-k sketches", 2007)
 *   latest   the last rows, if their order matters: of each series as many as of the others, as far as it has them
 *
 * Space for a quarter more is filled before excess rows are dropped, so that rows rarely move. What only all rows of a
 * column can show is counted (`column_tally.ts`); texts of dropped rows are remembered up to a limit.
 */
import { HostRandom } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";
import type { Table } from "../table.ts";
import { parseNumber } from "../text/cells.ts";
import { ColumnTally } from "./column_tally.ts";

/** How many rows to keep, and which. */
export interface RowSampleOptions {
  /** The most rows to keep, by the number of columns. */
  readonly maxRows: (columns: number) => number;
  /** The seed of the draw (default: 0). */
  readonly seed?: number;
  /** Whether to keep the last rows. */
  readonly latest?: boolean;
  /** With `latest`: the column that tells series apart, if the table has it. */
  readonly by?: string;
  /** Changes each part before its rows are counted or kept. */
  readonly prepare?: (part: Table) => Table;
}

/** The most texts of a column that are remembered although no kept row has them. */
const MAX_DROPPED_TEXTS = 1 << 16;

/** Call `add` for each part, then `finish`. */
export class RowSample {
  readonly #options: RowSampleOptions;
  readonly #random: HostRandom;
  #lastPart: Table | undefined;
  readonly #padded = new Set<string>();
  #maxRows = 0;
  #width = 0;
  #data = new Float64Array();
  #numbers = new Float64Array();
  #label: Float64Array | undefined;
  /** For text columns: their codes here, and the codes of the part's texts, once known. */
  readonly #texts: (Map<string, number> | undefined)[] = [];
  #codes: (Float64Array | undefined)[] = [];
  /** Texts that only dropped rows had. */
  readonly #droppedTexts: Set<string>[] = [];
  #tallies: ColumnTally[] | undefined;
  /** Rows currently held. */
  #held = 0;
  /** Rows received. */
  #received = 0;
  /** Rows with this key or a larger one are dropped. */
  #keyLimit = Infinity;

  /** Starts empty. */
  constructor(options: RowSampleOptions) {
    this.#options = options;
    this.#random = new HostRandom(options.seed ?? 0, 0, STREAMS.sample);
  }

  /** The number of rows received so far. */
  get read(): number {
    return this.#received;
  }

  /** Takes the next rows. Each part has the columns of the previous part, and perhaps more after them. */
  add(given: Table): void {
    const part = this.#options.prepare?.(given) ?? given;
    this.#open(part);
    let counted = this.#tallies ? 0 : part.rows;
    for (let r = 0; r < part.rows; r++) {
      const number = this.#received + 1;
      let isKept = this.#isKept(number);
      if (isKept && this.#held >= this.#maxRows + slackOf(this.#maxRows)) {
        if (!this.#tallies) counted = r;
        this.#dropExcess();
        isKept = this.#isKept(number);
      }
      if (isKept) this.#keep(part, r, number);
      else this.#drop(part, r);
      this.#received = number;
    }
    if (counted === part.rows) return;
    const rest = part.data.subarray(counted * this.#width);
    this.#tally(rest, part.texts, this.#received - part.rows + counted);
  }

  /** The kept rows as one table. */
  finish(): Table {
    if (!this.#lastPart) throw new RangeError("Cannot sample rows: there is none");
    if (this.#held > this.#maxRows) this.#dropExcess();
    const { columns, source, lines } = this.#lastPart, rows = this.#held, label = this.#label;
    const { by } = this.#options;
    const texts = this.#texts.map((own, c) =>
      own && [...own.keys(), ...[...this.#droppedTexts[c]].filter((text) => !own.has(text))]
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
      ...(tallies && {
        drawn: { rows: this.#received, numbers, columns: tallies, ...(by !== undefined && { by }) },
      }),
    };
  }

  #open(part: Table): void {
    if (!this.#lastPart && part.label) this.#label = new Float64Array();
    for (const name of part.padded ?? []) this.#padded.add(name);
    if (!part.label) this.#label = undefined;
    if (part.columns.length > this.#width) this.#widen(part.columns.length);
    this.#lastPart = part;
    part.texts?.forEach((texts, c) => {
      if (texts) this.#texts[c] ??= this.#numbersAsTexts(c);
    });
    this.#codes = (part.texts ?? []).map((texts) => texts && filledNaN(texts.length));
  }

  /** Adds columns, missing in all rows so far. Fewer, wider rows are kept; the excess is dropped before allocation. */
  #widen(width: number): void {
    this.#maxRows = this.#options.maxRows(width);
    if (this.#held > this.#maxRows) this.#dropExcess();
    const rows = Math.min(this.#numbers.length, this.#maxRows + slackOf(this.#maxRows));
    this.#numbers = this.#numbers.slice(0, rows);
    this.#label &&= this.#label.slice(0, rows);
    const before = this.#width, data = filledNaN(rows * width);
    for (let r = 0; r < this.#held; r++) {
      data.set(this.#data.subarray(r * before, (r + 1) * before), r * width);
    }
    for (let c = before; c < width; c++) {
      this.#texts.push(undefined);
      this.#droppedTexts.push(new Set());
      this.#tallies?.push(new ColumnTally());
    }
    this.#data = data;
    this.#width = width;
  }

  #isKept(number: number): boolean {
    return this.#options.latest || this.#keyLimit === Infinity ||
      this.#keyOf(number) < this.#keyLimit;
  }

  #keyOf(number: number): number {
    return this.#random.restart(Math.floor(number / 2 ** 32), number % 2 ** 32).uniformF64();
  }

  /** How many rows of its series come after each row; of two with as many, the later has the smaller key. */
  #ages(): Float64Array {
    const held = this.#held, ages = new Float64Array(held), later = new Map<number, number>();
    const { by } = this.#options, c = by === undefined ? -1 : this.#lastPart!.columns.indexOf(by);
    for (let i = held - 1; i >= 0; i--) {
      const series = c < 0 ? 0 : this.#data[i * this.#width + c], age = later.get(series) ?? 0;
      later.set(series, age + 1);
      ages[i] = age * held + held - 1 - i;
    }
    return ages;
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

  #drop(part: Table, r: number): void {
    part.texts?.forEach((texts, c) => {
      const value = part.data[r * this.#width + c];
      if (texts && value === value && this.#droppedTexts[c].size < MAX_DROPPED_TEXTS) {
        this.#remember(c, texts[value]);
      }
    });
  }

  /** The code of a cell in a text column. */
  #code(part: Table, c: number, value: number): number {
    const own = this.#texts[c]!, codes = this.#codes[c];
    if (!codes) return codeIn(own, `${value}`);
    const known = codes[value];
    return known === known ? known : codes[value] = codeIn(own, part.texts![c]![value]);
  }

  /** At the first text of a column, converts its earlier numbers to texts. */
  #numbersAsTexts(c: number): Map<string, number> {
    const texts = new Map<string, number>(), data = this.#data;
    for (let i = c; i < this.#held * this.#width; i += this.#width) {
      if (!Number.isNaN(data[i])) data[i] = codeIn(texts, `${data[i]}`);
    }
    return texts;
  }

  #grow(): void {
    const capacity = Math.max(this.#held + 1, this.#maxRows + slackOf(this.#maxRows));
    const rows = Math.min(Math.max(1024, 2 * this.#held), capacity);
    this.#data = enlarged(this.#data, rows * this.#width);
    this.#numbers = enlarged(this.#numbers, rows);
    this.#label &&= enlarged(this.#label, rows);
  }

  /** Drops excess rows. */
  #dropExcess(): void {
    const width = this.#width, numbers = this.#numbers;
    // Until now every row was kept.
    if (!this.#tallies) {
      this.#tallies = this.#texts.map(() => new ColumnTally());
      const texts = this.#texts.map((own) => own && [...own.keys()]);
      this.#tally(this.#data.subarray(0, this.#held * width), texts, 0);
    }
    const keys = this.#options.latest
      ? this.#ages()
      : Float64Array.from({ length: this.#held }, (_, i) => this.#keyOf(numbers[i]));
    this.#keyLimit = keys.slice().sort()[this.#maxRows];
    let held = 0;
    for (let i = 0; i < this.#held; i++) {
      if (keys[i] >= this.#keyLimit) continue;
      this.#data.copyWithin(held * width, i * width, (i + 1) * width);
      numbers[held] = numbers[i];
      if (this.#label) this.#label[held] = this.#label[i];
      held++;
    }
    this.#held = held;
    this.#texts.forEach((own, c) => own && this.#recode(c, [...own.keys()]));
  }

  /** Renumbers the texts of a column in the order of the rows that are left. */
  #recode(c: number, texts: readonly string[]): void {
    const codes = filledNaN(texts.length), own = new Map<string, number>(), data = this.#data;
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

  /** Remembers a text of a dropped row. Numbers are skipped: whether one is a text depends on the part it was in. */
  #remember(c: number, text: string): void {
    const texts = this.#droppedTexts[c];
    if (texts.size < MAX_DROPPED_TEXTS && Number.isNaN(parseNumber(text))) texts.add(text);
  }

  #tally(data: Float64Array, texts: Table["texts"], before: number): void {
    this.#tallies!.forEach((tally, c) => tally.add(data, c, this.#width, texts?.[c], before));
  }
}

/** Space for rows beyond those that are kept. */
function slackOf(maxRows: number): number {
  return Math.max(1024, maxRows >> 2);
}

function filledNaN(count: number): Float64Array<ArrayBuffer> {
  return new Float64Array(count).fill(NaN);
}

function codeIn(texts: Map<string, number>, text: string): number {
  const known = texts.get(text);
  if (known !== undefined) return known;
  texts.set(text, texts.size);
  return texts.size - 1;
}

function enlarged(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(values);
  return grown;
}
