/**
 * JSON lines to Table: one JSON object per line (the first line names the columns) or one array of numbers per line.
 * Source: RFC 8259 for each line. Limits: flat lines only; every line has the same keys, each once, or the same
 * length; keys that are whole numbers come first, as JavaScript orders them.
 */
import { CellGatherer } from "./text/cell_gatherer.ts";
import {
  type CellCodec,
  LABEL_EXPECTED,
  MISSING_EXPECTED,
  NUMBER_EXPECTED,
  parseLabel,
} from "./text/cells.ts";
import { DataError, listNames, quoteValue } from "./errors.ts";
import { GrowingArray } from "./text/growing_array.ts";
import { type ColumnPlan, createTable, planColumns } from "./table.ts";
import { defaultNames, type Table, type TableOptions } from "./table.ts";
import { decodeText } from "./text/text.ts";

const MAX_LINE_CHARS = 1 << 26;

/** Cells that must be numbers are numbers in JSON, not texts of them. */
const JSON_NUMBERS: CellCodec = {
  encode: (cell) => typeof cell === "number" && Number.isFinite(cell) ? cell : undefined,
  expected: (cell) => cell === null ? MISSING_EXPECTED : NUMBER_EXPECTED,
};

/**
 * Reads a JSON lines file.
 * @param input bytes (UTF-8) or text of the whole file
 */
export function readJsonl(input: Uint8Array | string, options: TableOptions = {}): Table {
  const source = options.source ?? "-";
  const reader = new JsonlReader(options);
  const text = typeof input === "string"
    ? [input.replace(/^\uFEFF/, "")]
    : decodeText(input, source);
  let carry = "";
  for (const piece of text) {
    const lines = (carry + piece).split("\n");
    carry = lines.pop() ?? "";
    if (carry.length > MAX_LINE_CHARS) {
      const expected = `at most ${MAX_LINE_CHARS} characters long`;
      throw new DataError({ source, subject: "line", expected });
    }
    for (const line of lines) reader.push(line);
  }
  reader.push(carry);
  return reader.finish();
}

class JsonlReader {
  readonly #options: TableOptions;
  readonly #source: string;
  #cells: CellGatherer = new CellGatherer([], "numbers", JSON_NUMBERS);
  readonly #labels: GrowingArray = new GrowingArray();
  #names: readonly string[] = [];
  #objects = false;
  #plan: ColumnPlan | undefined;
  #rows = 0;
  #blank = false;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#source = options.source ?? "-";
  }

  push(line: string): void {
    if (line.trim().length === 0) {
      this.#blank = true;
      return;
    }
    if (this.#blank) this.#refuse(this.#rows + 1, "a JSON object or array", "a blank line");
    const row = this.#rows + 1;
    const parsed = this.#parse(line, row);
    if (!this.#plan) this.#start(parsed);
    this.#readRow(this.#cellsOf(parsed, row), row);
    this.#rows = row;
  }

  finish(): Table {
    const source = this.#source;
    if (!this.#plan) {
      throw new DataError({
        source,
        expected: "at least one line of JSON",
        actual: "an empty file",
      });
    }
    return createTable({
      columns: this.#plan.columns,
      ...this.#cells.finish(),
      rows: this.#rows,
      label: this.#plan.labelIndex < 0 ? undefined : this.#labels.toArray(),
      source,
    }, this.#options.cells);
  }

  #parse(line: string, row: number): object {
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      this.#refuse(row, "valid JSON", quoteValue(line.trim()));
    }
    if (typeof parsed !== "object" || parsed === null) {
      this.#refuse(row, "a JSON object or array", quoteValue(line.trim()));
    }
    if (!Array.isArray(parsed)) this.#checkFlat(line, parsed, row);
    return parsed;
  }

  /** JSON.parse keeps the last of two equal keys: a flat object has one colon outside strings per key. */
  #checkFlat(line: string, parsed: object, row: number): void {
    const values = Object.values(parsed);
    if (values.some((value) => typeof value === "object" && value !== null)) {
      this.#refuse(row, "a flat object", "an object with nested values");
    }
    if (countColons(line) !== values.length) {
      this.#refuse(row, "an object with each key once", "an object with a repeated key");
    }
  }

  #start(first: object): void {
    this.#objects = !Array.isArray(first);
    this.#names = Array.isArray(first) ? defaultNames(first.length) : Object.keys(first);
    this.#plan = planColumns(this.#names, this.#options, this.#source);
    const { cells = "numbers" } = this.#options;
    this.#cells = new CellGatherer(this.#plan.columns, cells, JSON_NUMBERS);
  }

  #cellsOf(parsed: object, row: number): readonly unknown[] {
    const names = this.#names;
    if (Array.isArray(parsed)) {
      if (this.#objects) this.#refuse(row, "an object like row 1", "an array");
      if (parsed.length !== names.length) {
        this.#refuse(row, `${names.length} numbers long`, `${parsed.length}`);
      }
      return parsed;
    }
    if (!this.#objects) this.#refuse(row, "an array like row 1", "an object");
    const cells = new Map<string, unknown>(Object.entries(parsed));
    if (cells.size !== names.length || names.some((name) => !cells.has(name))) {
      const expected = `an object with the keys of row 1 (${listNames(names)})`;
      this.#refuse(row, expected, `one with ${listNames([...cells.keys()])}`);
    }
    return names.map((name) => cells.get(name));
  }

  #readRow(cells: readonly unknown[], row: number): void {
    const plan = this.#plan;
    if (!plan) return;
    for (let i = 0; i < plan.indices.length; i++) {
      const cell = cells[plan.indices[i]];
      const expected = this.#cells.add(i, cell);
      if (expected !== undefined) this.#refuse(row, expected, show(cell), plan.columns[i]);
    }
    if (plan.labelIndex < 0) return;
    const cell = cells[plan.labelIndex];
    const scalar = typeof cell === "object" ? "" : String(cell);
    const label = parseLabel(scalar);
    if (label === undefined) this.#refuse(row, LABEL_EXPECTED, show(cell), this.#options.label);
    this.#labels.push(label);
  }

  #refuse(row: number, expected: string, actual: string, column?: string): never {
    throw new DataError({ source: this.#source, row, column, expected, actual });
  }
}

function show(cell: unknown): string {
  if (typeof cell === "string") return quoteValue(cell);
  return Array.isArray(cell)
    ? "an array"
    : typeof cell === "object" && cell
    ? "an object"
    : `${cell}`;
}

function countColons(line: string): number {
  let count = 0;
  let inside = false;
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (inside && code === 92) i++;
    else if (code === 34) inside = !inside;
    else if (!inside && code === 58) count++;
  }
  return count;
}
