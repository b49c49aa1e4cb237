/** Reads a file of rows block by block, in any format: blocks of bytes in, cells of known columns out. */
import type { ByteBlock } from "./csv/byte_blocks.ts";
import type { DataError } from "./errors.ts";
import type { CellCodec } from "./text/cells.ts";

/** A column to read. */
export interface FileColumn {
  readonly name: string;
  /** The position of its cell in a row of the file, if cells have positions. */
  readonly index: number;
  readonly codec: CellCodec;
}

/** The rows of a block. */
export interface BlockRows {
  /** [rows, columns] f64, NaN if a cell is missing; valid until the reader's next block. */
  readonly data: Float64Array<ArrayBuffer>;
  readonly rows: number;
  /** The line number of the first blank line, if blank lines end the block. */
  readonly blankLine?: number;
  /** If every row names its own columns. */
  readonly keys?: BlockKeys;
}

/** How the keys in a block's rows differ from the columns. */
export interface BlockKeys {
  /** Keys without a column that are new to the reader; only the first thousand. */
  readonly unknown: readonly string[];
  /** Columns that no row has. */
  readonly lacking: readonly string[];
}

/** Reads blocks one after another, reusing its memory. */
export interface RowReader {
  /** @throws DataError naming the row, line and column of a cell that cannot be read */
  read(block: ByteBlock): BlockRows;
  /** The error for a blank line with rows after it. */
  blankFault(row: number, line: number): DataError;
}
