/**
 * CSV in parts, from bytes. Blocks without quotes are read in place (`csv_rows.ts`): numbers without creating strings,
 * text columns by their texts. `CsvReader` reads the first block, blocks with quotes, the first text of a column, and
 * anything that is wrong. The resulting table is the one `CsvReader` would make.
 */
import { DataError } from "../errors.ts";
import type { PartReader } from "../part_reader.ts";
import type { Table } from "../table.ts";
import { type CellCodec, isMissing, parseLabel, parseNumber } from "../text/cells.ts";
import { type CellReading, isInfinite, keepsText } from "../text/cell_gatherer.ts";
import { decodeText } from "../text/text.ts";
import { type ByteBlock, ByteBlocks } from "./byte_blocks.ts";
import { type CsvLayout, type CsvOptions, CsvReader } from "./csv.ts";
import { PlainRows } from "./csv_rows.ts";

const NEWLINE = 10, RETURN = 13, ZERO = 48, NINE = 57;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/** Minimum bytes in a block. */
const BLOCK_BYTES = 1 << 17;

/** Stops reading a block from its bytes. */
class NeedsText extends Error {}

function codecOf(encode: (text: string) => number | undefined, plain = true): CellCodec {
  return {
    plain,
    encode(cell) {
      const value = encode(cell as string);
      if (value === undefined) throw new NeedsText();
      return value;
    },
    expected: () => "",
  };
}

const numberOf = (text: string) => {
  const value = parseNumber(text);
  return Number.isNaN(value) ? undefined : value;
};
const NUMBERS = codecOf(numberOf);
const NUMBERS_OR_GAPS = codecOf((text) => numberOf(text) ?? (isMissing(text) ? NaN : undefined));

/** A text column: its cells are codes into its texts, which start anew in each part. */
class TextColumn {
  readonly codec: CellCodec = codecOf(
    (cell) => this.#known.get(cell) ?? this.#encodeNew(cell),
    false,
  );
  /** Codes by the cell's text as written. */
  readonly #known = new Map<string, number>();
  readonly #codes = new Map<string, number>();
  readonly #isKept: boolean;

  /** @param isKept whether numbers stay the text they are written as */
  constructor(isKept: boolean) {
    this.#isKept = isKept;
  }

  /** The texts since the last call. */
  take(): readonly string[] {
    const texts = [...this.#codes.keys()];
    this.#codes.clear();
    this.#known.clear();
    return texts;
  }

  /** Encodes a new text as a `CellGatherer` that reads any cells does. */
  #encodeNew(cell: string): number | undefined {
    const number = this.#isKept ? undefined : numberOf(cell);
    if (number === undefined) {
      if (isMissing(cell)) return NaN;
      if (!this.#isKept && isInfinite(cell)) return undefined;
    }
    const text = number === undefined ? cell.trim() : `${number}`;
    const code = this.#codes.get(text) ?? this.#codes.size;
    this.#codes.set(text, code);
    this.#known.set(cell, code);
    return code;
  }
}

/** Reads CSV in parts; a part is valid until the next `push`. */
export class CsvParts implements PartReader {
  readonly #cells: CsvOptions["cells"];
  readonly #labels: CellCodec;
  readonly #source: string;
  readonly #textReader: CsvReader;
  readonly #blocks: ByteBlocks;
  #layout: CsvLayout | undefined;
  #rows: PlainRows | undefined;
  /** Numeric columns that contain digits after a leading zero. */
  readonly #padded = new Set<string>();
  readonly #textColumns: (TextColumn | undefined)[] = [];
  #part: Table | undefined;

  /** Starts with nothing read. */
  constructor(options: CsvOptions) {
    this.#cells = options.cells;
    // By the usual meaning a number is read as itself, and is an anomaly unless it is 0.
    this.#labels = codecOf(options.parseLabel ?? parseLabel, !options.parseLabel);
    this.#source = options.source ?? "-";
    this.#textReader = new CsvReader(options);
    const kind = options.names ? "headless csv" : "csv";
    this.#blocks = new ByteBlocks(this.#source, BLOCK_BYTES, undefined, kind);
  }

  /** See `PartReader`. */
  push(piece: Uint8Array): void {
    const block = this.#blocks.push(piece);
    if (block) this.#part = this.#read(block);
  }

  /** See `PartReader`. */
  end(): void {
    const block = this.#blocks.finish();
    if (block) this.#part = this.#read(block);
    this.#textReader.end();
  }

  /** See `PartReader`. */
  take(): Table | undefined {
    const part = this.#part ?? this.#textReader.take();
    this.#part = undefined;
    for (const name of part?.padded ?? []) this.#padded.add(name);
    part?.texts?.forEach((texts, c) => {
      if (!texts || this.#textColumns[c]) return;
      this.#textColumns[c] = new TextColumn(keepsText(this.#cells, part.columns[c]));
      this.#layout = undefined;
    });
    return part;
  }

  /** See `PartReader`. */
  joined(table: Table): Table {
    return this.#textReader.joined(table);
  }

  /** A part, or undefined if the text reader reads the block. */
  #read(block: ByteBlock): Table | undefined {
    try {
      const part = block.quoted ? undefined : this.#readBytes(block);
      if (part) return part;
    } catch (error) {
      if (!(error instanceof NeedsText || error instanceof DataError)) throw error;
    }
    for (const text of decodeText(block.bytes, this.#source)) this.#textReader.push(text);
    return undefined;
  }

  /** Undefined if the block must be read as text. */
  #readBytes(block: ByteBlock): Table | undefined {
    const layout = this.#textReader.layout, cells = this.#cells ?? "numbers", source = this.#source;
    if (!layout) return undefined;
    const isAny = cells === "any" || typeof cells === "object";
    // The first cell with a decimal mark decides the mark of its column, so the text reader must see it.
    if (!isAny && layout.separator !== ",") return undefined;
    if (isAny && this.#isPadded(block.bytes, layout)) return undefined;
    for (const column of this.#textColumns) column?.take();
    if (layout !== this.#layout) this.#rows = this.#rowsOf(layout, cells);
    this.#layout = layout;
    const { plan: { columns, labelIndex }, width } = layout;
    // Decoded only to check the text in cells that are left out.
    if (columns.length + Number(labelIndex >= 0) < width) [...decodeText(block.bytes, source)];
    const { data, rows, blankLine } = this.#rows!.read(block);
    if (blankLine !== undefined) return undefined;
    const lines = this.#textReader.countExternalRows(rows),
      part = { columns, data, rows, source, lines };
    return {
      ...part,
      ...(labelIndex >= 0 && lastAsLabel(data, rows)),
      ...(this.#textColumns.length > 0 &&
        { texts: columns.map((_, c) => this.#textColumns[c]?.take()) }),
    };
  }

  /** Whether this block is the first to have digits after a leading zero in some column. */
  #isPadded(bytes: Uint8Array, { plan, separator }: CsvLayout): boolean {
    const separatorByte = separator.charCodeAt(0);
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] !== ZERO || !isDigit(bytes[at + 1])) continue;
      const before = at === 0 ? NEWLINE : bytes[at - 1];
      if (before !== separatorByte && before !== NEWLINE) continue;
      let end = at + 1;
      while (isDigit(bytes[end])) end++;
      const after = bytes[end] ?? NEWLINE;
      const isWhole = after === separatorByte || after === NEWLINE || after === RETURN;
      if (!isWhole) continue;
      const line = bytes.lastIndexOf(NEWLINE, at) + 1;
      const cell = bytes.subarray(line, at).filter((byte) => byte === separatorByte).length;
      const c = plan.indices.indexOf(cell), name = plan.columns[c];
      if (c >= 0 && !keepsText(this.#cells, name) && !this.#padded.has(name)) return true;
    }
    return false;
  }

  #rowsOf(layout: CsvLayout, cells: CellReading): PlainRows {
    const { plan: { columns, indices, labelIndex }, width, separator, nameless } = layout;
    const numbers = cells === "numbers" ? NUMBERS : NUMBERS_OR_GAPS;
    const codecOf = typeof cells === "function" ? cells : () => numbers;
    const read = indices.map((index, c) => {
      return { name: columns[c], index, codec: this.#textColumns[c]?.codec ?? codecOf(columns[c]) };
    });
    if (labelIndex >= 0) read.push({ name: "label", index: labelIndex, codec: this.#labels });
    return new PlainRows({ source: this.#source, width, separator, columns: read, nameless });
  }
}

/** The columns except the last, and the last as a label. */
function lastAsLabel(read: Float64Array, rows: number): Pick<Table, "data" | "label"> {
  const readWidth = read.length / rows, width = readWidth - 1;
  const data = new Float64Array(rows * width), label = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < width; c++) data[r * width + c] = read[r * readWidth + c];
    label[r] = read[r * readWidth + width] === 0 ? 0 : 1;
  }
  return { data, label };
}
