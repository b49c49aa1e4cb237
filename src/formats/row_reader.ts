/** How a file of rows is read block by block, whatever its format: blocks of bytes in, cells of known columns out. */
import type { ByteBlock } from "./csv/byte_blocks.ts";
import type { DataError } from "./errors.ts";
import type { CellCodec } from "./text/cells.ts";

/** A column that is read. */
export interface ReadColumn {
  readonly name: string;
  /** The place of its cell in a row of the file, where cells have places. */
  readonly index: number;
  readonly codec: CellCodec;
}

/** Rows read. */
export interface BlockRows {
  /** [rows, columns] f64, NaN where a cell is missing; of a reader, good until its next block. */
  readonly data: Float64Array<ArrayBuffer>;
  readonly rows: number;
  /** The line of the first blank one, if blank lines end the block. */
  readonly blankLine?: number;
  /** Where every row says itself which columns it has. */
  readonly keys?: BlockKeys;
}

/** How the keys of the rows of a block differ from the columns. */
export interface BlockKeys {
  /** Those that are no column and that the reader had not met before; only the first thousand. */
  readonly unknown: readonly string[];
  /** Columns that no row has. */
  readonly lacking: readonly string[];
}

/** Reads blocks, one after another into the same memory. */
export interface RowReader {
  /** @throws DataError naming row, line and column of what cannot be read */
  read(block: ByteBlock): BlockRows;
  /** What is wrong with a blank line that has rows behind it. */
  blankFault(row: number, line: number): DataError;
}
