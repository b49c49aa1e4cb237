/** What `elbow score` needs to know of a format to read its rows as a stream. */
import type { ByteBlock, RecordKind } from "../../formats/csv/byte_blocks.ts";
import type { DataError } from "../../formats/errors.ts";
import type { Io } from "../io.ts";
import type { LoadedModel } from "../models/model.ts";
import type { FileLayout } from "./file_layout.ts";

/** A file whose rows are asked for. */
export interface InputFile {
  readonly model: LoadedModel;
  readonly source: string;
  readonly io: Io;
}

/** A format whose rows can be read block by block. */
export interface InputFormat {
  /** What its records are. */
  readonly records: RecordKind;
  /**
   * By the beginning of a file: where the model's columns are, and what is left of the block, if there is anything.
   * @throws DataError for a file that does not begin as it should
   */
  open(file: InputFile, first: ByteBlock): [FileLayout, ByteBlock | undefined];
  /** What is wrong with a file without rows. */
  noRows(source: string, isEmpty: boolean): DataError;
}
