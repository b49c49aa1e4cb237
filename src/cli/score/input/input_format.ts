/** What `elbow score` needs to know about a format to read its rows as a stream. */
import type { ByteBlock, RecordKind } from "../../../formats/csv/byte_blocks.ts";
import type { DataError } from "../../../formats/errors.ts";
import type { Io } from "../../io.ts";
import type { LoadedModel } from "../../models/model.ts";
import type { AlsoColumn } from "../../../detection/model_table.ts";
import type { FileLayout } from "./file_layout.ts";

/** A file to read rows from. */
export interface InputFile {
  readonly model: LoadedModel;
  readonly source: string;
  readonly io: Io;
  /** Columns that are not the model's, and are read after its own as far as the file has them. */
  readonly also?: readonly AlsoColumn[];
}

/** A format whose rows can be read block by block. */
export interface InputFormat {
  /** The kind of its records. */
  readonly records: RecordKind;
  /**
   * Finds the positions of the model's columns from the beginning of a file. Returns the rest of the block too, if any.
   * @throws DataError for a file with a wrong beginning
   */
  open(file: InputFile, first: ByteBlock): [FileLayout, ByteBlock | undefined];
  /** The error for a file without rows. */
  noRows(source: string, isEmpty: boolean): DataError;
}
