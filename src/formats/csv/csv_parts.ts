/**
 * CSV in parts, from bytes: blocks that hold nothing but numbers and gaps are read as they lie (`csv_rows.ts`), in a third
 * of the time; all others, and whatever is wrong, are for `CsvReader`, whose table it is in either case.
 */
import { DataError } from "../errors.ts";
import type { PartReader } from "../part_reader.ts";
import type { Table } from "../table.ts";
import { keepsText } from "../text/cell_gatherer.ts";
import { type CellCodec, isMissing, parseLabel, parseNumber } from "../text/cells.ts";
import { decodeText } from "../text/text.ts";
import { type ByteBlock, ByteBlocks } from "./byte_blocks.ts";
import { type CsvLayout, type CsvOptions, CsvReader } from "./csv.ts";
import { PlainRows } from "./csv_rows.ts";

/** Bytes that a block has at least. */
const BLOCK_BYTES = 1 << 17;

/** Ends the reading of a block that holds more than numbers. */
class OtherCell extends Error {}

function codecOf(encode: (text: string) => number | undefined): CellCodec {
  return {
    plain: true,
    encode(cell) {
      const value = encode(cell as string);
      if (value === undefined) throw new OtherCell();
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
const LABELS = codecOf(parseLabel);

/** A part is good until the next `push`. */
export class CsvParts implements PartReader {
  readonly #cells: CsvOptions["cells"];
  readonly #source: string;
  readonly #texts: CsvReader;
  readonly #blocks: ByteBlocks;
  #layout: CsvLayout | undefined;
  #numbers: PlainRows | undefined;
  #part: Table | undefined;

  /** Starts with nothing read. */
  constructor(options: CsvOptions) {
    this.#cells = options.cells;
    this.#source = options.source ?? "-";
    this.#texts = new CsvReader(options);
    this.#blocks = new ByteBlocks(this.#source, BLOCK_BYTES);
  }

  /** See `PartReader`. */
  push(piece: Uint8Array): void {
    const block = this.#blocks.push(piece);
    if (block) this.#part = this.#read(block);
  }

  /** The same. */
  end(): void {
    const block = this.#blocks.finish();
    if (block) this.#part = this.#read(block);
    this.#texts.end();
  }

  /** The same. */
  take(): Table | undefined {
    const part = this.#part ?? this.#texts.take();
    this.#part = undefined;
    return part;
  }

  /** The same. */
  joined(table: Table): Table {
    return this.#texts.joined(table);
  }

  /** A part, unless it is left to whoever reads texts. */
  #read(block: ByteBlock): Table | undefined {
    try {
      const part = block.quoted ? undefined : this.#readNumbers(block);
      if (part) return part;
    } catch (error) {
      if (!(error instanceof OtherCell || error instanceof DataError)) throw error;
    }
    for (const text of decodeText(block.bytes, this.#source)) this.#texts.push(text);
    return undefined;
  }

  /** Undefined for what is not to be read so. */
  #readNumbers(block: ByteBlock): Table | undefined {
    const layout = this.#texts.layout, cells = this.#cells ?? "numbers", source = this.#source;
    if (!layout || typeof cells === "function") return undefined;
    // The first cell of a column with a mark decides: that is for whoever reads texts.
    if (cells === "numbers" && layout.separator !== ",") return undefined;
    const { plan: { columns, indices, labelIndex }, width, separator } = layout;
    if (columns.some((column) => keepsText(cells, column))) return undefined;
    if (layout !== this.#layout) {
      const codec = cells === "numbers" ? NUMBERS : NUMBERS_OR_GAPS;
      const data = indices.map((index, c) => ({ name: columns[c], index, codec }));
      const label = labelIndex < 0 ? [] : [{ name: "label", index: labelIndex, codec: LABELS }];
      this.#numbers = new PlainRows({ source, width, separator, columns: [...data, ...label] });
      this.#layout = layout;
    }
    // What is left out is text all the same.
    if (columns.length + Number(labelIndex >= 0) < width) [...decodeText(block.bytes, source)];
    const { data, rows, blankLine } = this.#numbers!.read(block);
    if (blankLine !== undefined) return undefined;
    const lines = this.#texts.passed(rows);
    if (labelIndex < 0) return { columns, data, rows, source, lines };
    return { columns, ...withoutLast(data, rows), rows, source, lines };
  }
}

/** The columns but the last, and the last as a label. */
function withoutLast(read: Float64Array, rows: number): Pick<Table, "data" | "label"> {
  const wide = read.length / rows, width = wide - 1;
  const data = new Float64Array(rows * width), label = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < width; c++) data[r * width + c] = read[r * wide + c];
    label[r] = read[r * wide + width] === 0 ? 0 : 1;
  }
  return { data, label };
}
