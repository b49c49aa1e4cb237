/**
 * Tables from files: CSV, TSV, NPY, NPZ and JSON lines, chosen by extension.
 * Limits: takes bytes and returns tables; this folder accesses no file system. Model files are in `safetensors/`.
 *
 * @module
 */
import { csvNames } from "./csv/column_names.ts";
import { readCsv } from "./csv/csv.ts";
import { DataError, quoteValue } from "./errors.ts";
import { ANY_EXTENSIONS, TABLE_EXTENSIONS, type TableExtension } from "./extensions.ts";
import { jsonlNames, readJsonl } from "./jsonl/jsonl.ts";
import { readNpy } from "./numpy/npy.ts";
import { isNpy } from "./numpy/npy_header.ts";
import { readNpz } from "./numpy/npz.ts";
import { markLength } from "./text/text.ts";
import type { Table, TableOptions } from "./table.ts";

export type { CellReading } from "./text/cell_gatherer.ts";
export type { CellCodec } from "./text/cells.ts";
export { type CsvOptions, CsvReader, readCsv } from "./csv/csv.ts";
export { DataError, type DataErrorDetails } from "./errors.ts";
export { JsonlReader, readJsonl } from "./jsonl/jsonl.ts";
export {
  decodeNpy,
  encodeNpy,
  type NpyArray,
  type NpyData,
  npyShape,
  readNpy,
} from "./numpy/npy.ts";
export { DEFAULT_MAX_INFLATED_BYTES } from "./numpy/array_parts.ts";
export { readNpz } from "./numpy/npz.ts";
export { encodeNpz, type NpzArray } from "./numpy/npz_encode.ts";
export {
  createTable,
  planColumns,
  selectColumns,
  type Table,
  type TableOptions,
  takeLabel,
} from "./table.ts";

/** Options of {@link readTable}, which takes the source from the name. */
export type ReadTableOptions = Omit<TableOptions, "source">;

type TableReader = (bytes: Uint8Array, options: TableOptions) => Table;

/** The type checks that it is complete. */
const BY_EXTENSION: Readonly<Record<TableExtension, TableReader>> = {
  ".csv": (bytes, options) => readCsv(bytes, options),
  ".tsv": (bytes, options) => readCsv(bytes, { ...options, separator: "\t" }),
  ".npy": readNpy,
  ".npz": (bytes, options) => readNpz(bytes, options),
  ".jsonl": readJsonl,
  ".ndjson": readJsonl,
  ".json": readJsonl,
};

const READERS: ReadonlyMap<string, TableReader> = new Map(Object.entries(BY_EXTENSION));

/**
 * Reads a table from the bytes of a file.
 * @param name file name, whose extension gives the format; for "-" (standard input) the first bytes do
 * @param bytes the whole file
 */
export function readTable(
  name: string,
  bytes: Uint8Array,
  options: ReadTableOptions = {},
): Table {
  const extension = formatOf(name, bytes);
  const read = READERS.get(extension);
  if (!read) throw unknownFormat(name, extension, TABLE_EXTENSIONS);
  return read(bytes, { ...options, source: name });
}

function unknownFormat(source: string, extension: string, known: readonly string[]): DataError {
  const expected = `one of ${known.join(", ")}`;
  const actual = `${quoteValue(extension)}${adviceFor(extension)}`;
  return new DataError({ source, subject: "file extension", expected, actual });
}

/** What to do with a table in another kind of file, as the end of a message. */
function adviceFor(extension: string): string {
  if (/^\.(?:xls[xmb]?|ods|numbers)$/.test(extension)) return ": save the sheet as CSV";
  if (extension === ".safetensors") return ", that of a model";
  return /^\.(?:txt|data|dat)$/.test(extension) ? ": if it is CSV, call it .csv" : "";
}

/** Like `readTable`, plus Parquet, whose reader is loaded on use. */
export async function readAnyTable(
  name: string,
  bytes: Uint8Array,
  options: ReadTableOptions = {},
): Promise<Table> {
  const extension = formatOf(name, bytes);
  requireKnown(name, extension);
  if (extension !== ".parquet") return readTable(name, bytes, options);
  const { readParquet } = await import("./parquet.ts");
  return readParquet(bytes, { source: name, ...options });
}

/** @throws DataError for an extension that `readAnyTable` does not read */
export function requireKnown(name: string, extension: string): void {
  if (!ANY_EXTENSIONS.includes(extension)) throw unknownFormat(name, extension, ANY_EXTENSIONS);
}

/** Like `readColumnNames`, plus Parquet. */
export async function readAnyColumnNames(
  name: string,
  bytes: Uint8Array,
): Promise<readonly string[] | undefined> {
  if (formatOf(name, bytes) !== ".parquet") return readColumnNames(name, bytes);
  const { parquetNames } = await import("./parquet.ts");
  return parquetNames(bytes, name);
}

/**
 * The names that a file gives its columns, including the label; undefined if columns are known only by position: NPY,
 * NPZ, arrays in JSON lines. Nothing is checked.
 * @param name as for {@link readTable}
 * @param bytes the whole file
 */
function readColumnNames(name: string, bytes: Uint8Array): readonly string[] | undefined {
  switch (formatOf(name, bytes)) {
    case ".csv":
      return csvNames(bytes, name);
    case ".tsv":
      return csvNames(bytes, name, "\t");
    case ".jsonl":
    case ".ndjson":
    case ".json":
      return jsonlNames(bytes, name);
    default:
      return undefined;
  }
}

/** Whether each row of a file names its own columns: objects in JSON lines. */
export function isNamedByRow(name: string, bytes: Uint8Array): boolean {
  return isJsonLines(formatOf(name, bytes)) && jsonlNames(bytes, name) !== undefined;
}

/** Whether an extension is that of JSON lines. */
export function isJsonLines(extension: string): boolean {
  return /^\.(jsonl|ndjson|json)$/.test(extension);
}

/** The extension of a file; for "-", the one that its first bytes indicate. */
export function formatOf(name: string, bytes: Uint8Array): string {
  return name === "-" ? sniff(bytes) : extensionOf(name);
}

/** The extension without ".gz": the caller has already decompressed the bytes. */
function extensionOf(path: string): string {
  const name = path.replace(/\.gz$/i, "");
  const file = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const dot = file.lastIndexOf(".");
  return dot < 0 ? "" : file.slice(dot).toLowerCase();
}

/** The format that the first bytes of a table indicate. */
export function sniff(bytes: Uint8Array): string {
  if (isNpy(bytes)) return ".npy";
  if (bytes[0] === 0x50 && bytes[1] === 0x41 && bytes[2] === 0x52) return ".parquet";
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return ".npz";
  const first = bytes.subarray(markLength(bytes)).find((byte) => byte > 32);
  return first === 0x7b || first === 0x5b ? ".jsonl" : ".csv";
}
