/**
 * Opens any table to read it in parts, in memory that does not grow with the file: CSV, TSV, JSON lines and NPY as
 * their bytes arrive; NPZ and Parquet, whose directory is at the end, from a file of which any part can be read.
 * Without one, these two are read as one part.
 */
import { concatBytes } from "../../core/bytes/bytes.ts";
import { CsvParts } from "../csv/csv_parts.ts";
import { RecordEnds } from "../csv/record_ends.ts";
import { DataError, quoteValue } from "../errors.ts";
import {
  formatOf,
  isJsonLines,
  isNamedByRow,
  readAnyColumnNames,
  readAnyTable,
  type ReadTableOptions,
  requireKnown,
  type Table,
} from "../mod.ts";
import type { OpenFile, Spool } from "../random_access.ts";
import { JsonlReader } from "../jsonl/jsonl.ts";
import { isByColumns } from "../numpy/npy_file.ts";
import { HEADER_WITHIN } from "../numpy/npy_header.ts";
import { npyFileParts, NpyParts } from "../numpy/npy_parts.ts";
import { npzParts } from "../numpy/npz_parts.ts";
import type { PartReader } from "../part_reader.ts";
import { defaultNames } from "../table.ts";
import { textDecoder } from "../text/text.ts";
import { LABEL_EXPECTED } from "../text/cells.ts";

/** Bytes needed to detect a format that the name does not give. */
const SNIFFED_BYTES = 64;

/** A header this long is refused by its reader. */
const MOST_HEAD_BYTES = 1 << 26;

const NEWLINE = 10;

/** A table whose beginning is known, to be read once. */
export interface OpenTable {
  /** The names that the file gives its columns, including the label; undefined if they are known only by position. */
  names(): Promise<readonly string[] | undefined>;
  /** Whether it is CSV without a header line. */
  readonly isHeadless?: boolean;
  /** Whether each row names its own columns. */
  readonly isNamedByRow: boolean;
  /** Its rows, in order. */
  read(options: ReadTableOptions): TableParts;
  /** Closes its file. */
  close(): Promise<void>;
}

/** The rows of a table; a part is valid until the next is requested. */
export interface TableParts {
  readonly parts: AsyncIterable<Table>;
  /** Completes the table made of the parts, or of some rows of each, once they are read. */
  joined(table: Table): Table;
}

/** How a table is opened. */
export interface OpenOptions {
  /** For formats that need a file. */
  readonly spool?: Spool;
  /** Whether CSV starts with a header line (default); if not, its columns are called x0, x1, … */
  readonly header?: boolean;
}

/**
 * Opens a table that arrives in pieces. The caller closes it.
 * @param name as for `readTable`
 */
export async function openTable(
  name: string,
  pieces: AsyncIterable<Uint8Array>,
  { spool, header = true }: OpenOptions = {},
): Promise<OpenTable> {
  const rest = pieces[Symbol.asyncIterator](), close = async () => void await rest.return?.();
  try {
    const { head, all } = await withHead(name, rest), extension = formatOf(name, head);
    requireKnown(name, extension);
    if (!header) requireCsv(name, extension);
    const open = readerFor(extension);
    const needs = !open || (extension === ".npy" && isByColumns(head, name));
    if (needs && spool) return openFile(name, await spool(all), extension, spool);
    if (!open) return wholeTable(name, await wholeOf(all));
    // Cut between lines, because a cut inside a character would be no text.
    const start = head.subarray(0, head.lastIndexOf(NEWLINE) + 1 || undefined);
    const names = async () => {
      const found = await readAnyColumnNames(name, start);
      return header ? found : defaultNames(found?.length ?? 0);
    };
    const first = header ? undefined : await names();
    return {
      names,
      isHeadless: !header,
      isNamedByRow: isNamedByRow(name, start),
      read(options) {
        const reader = open({ names: first, ...options, source: name });
        return { parts: partsOf(reader, all), joined: (table) => reader.joined(table) };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Whether a table is best read from a file of which any part can be read. */
export function needsFile(extension: string): boolean {
  return extension === ".parquet" || extension === ".npz" || extension === ".npy";
}

/**
 * Opens a table in a file, which is closed with it.
 * @param extension one that needs a file
 * @param spool for an array of NPZ that is stored by columns
 */
export function openFile(
  name: string,
  file: OpenFile,
  extension: string,
  spool?: Spool,
): OpenTable {
  const isParquet = extension === ".parquet";
  async function* parts(given: ReadTableOptions): AsyncGenerator<Table> {
    const options = { ...given, source: name };
    if (extension === ".npz") return yield* npzParts(file, options, spool);
    if (!isParquet) return yield* npyFileParts(file, options);
    const { parquetParts } = await import("../parquet.ts");
    yield* parquetParts(file, options);
  }
  return {
    names: async () =>
      isParquet ? (await import("../parquet.ts")).parquetNames(file, name) : undefined,
    isNamedByRow: false,
    read: (options) => ({ parts: parts(options), joined: (table) => table }),
    close: async () => file[Symbol.dispose](),
  };
}

async function wholeOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return concatBytes(all);
}

function wholeTable(name: string, bytes: Uint8Array): OpenTable {
  async function* read(options: ReadTableOptions): AsyncGenerator<Table> {
    yield await readWithoutBadLabel(name, bytes, options);
  }
  return {
    names: () => readAnyColumnNames(name, bytes),
    isNamedByRow: false,
    read: (options) => ({ parts: read(options), joined: (table) => table }),
    close: async () => {},
  };
}

async function* partsOf(
  reader: PartReader,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Table> {
  for await (const piece of pieces) {
    reader.push(piece);
    const part = reader.take();
    if (part) yield part;
  }
  reader.end();
  const last = reader.take();
  if (last) yield last;
}

/** Enough of the first pieces to detect the format and to read the names of the columns; then all pieces. */
async function withHead(name: string, rest: AsyncIterator<Uint8Array>): Promise<{
  readonly head: Uint8Array;
  readonly all: AsyncIterable<Uint8Array>;
}> {
  const first: Uint8Array[] = [];
  let bytes = 0, endsHead: ((bytes: Uint8Array) => boolean) | undefined;
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    let piece: Uint8Array = next.value.slice();
    first.push(piece);
    bytes += piece.length;
    if (bytes < SNIFFED_BYTES) continue;
    if (!endsHead) {
      piece = concatBytes(first);
      endsHead = headEnd(formatOf(name, piece));
    }
    if (endsHead(piece) || bytes > MOST_HEAD_BYTES) break;
  }
  const head = concatBytes(first);
  async function* all(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => rest };
  }
  return { head, all: all() };
}

/** Whether the next bytes complete the names of the columns, if the format has any. */
function headEnd(extension: string): (bytes: Uint8Array) => boolean {
  if (isJsonLines(extension)) return (bytes) => bytes.includes(NEWLINE);
  if (extension === ".npy") {
    let left = HEADER_WITHIN;
    return ({ length }) => (left -= length) <= 0;
  }
  if (!isCsv(extension)) return () => true;
  const ends = new RecordEnds();
  return (bytes) => bytes.some((byte) => ends.endsAt(byte));
}

/** @throws DataError for a format that has no header line */
export function requireCsv(source: string, extension: string): void {
  if (isCsv(extension)) return;
  const expected = "CSV or TSV, if there is no header line", actual = quoteValue(extension);
  throw new DataError({ source, expected, actual });
}

function isCsv(extension: string): boolean {
  return extension === ".csv" || extension === ".tsv";
}

type OpenReader = (options: ReadTableOptions & { readonly source: string }) => PartReader;

/** Undefined for formats that are read as a whole. */
function readerFor(extension: string): OpenReader | undefined {
  if (extension === ".csv") return (options) => new CsvParts(options);
  if (extension === ".tsv") return (options) => new CsvParts({ ...options, separator: "\t" });
  if (extension === ".npy") return (options) => new NpyParts(options);
  if (!isJsonLines(extension)) return undefined;
  return (options) => decoded(new JsonlReader(options), options.source);
}

/** Adapts a text reader to bytes. */
function decoded(reader: PartReader<string>, source: string): PartReader {
  const decode = textDecoder(source);
  return {
    push: (piece) => reader.push(decode(piece, true)),
    end() {
      reader.push(decode(new Uint8Array(), false));
      reader.end();
    },
    take: () => reader.take(),
    joined: (table) => reader.joined(table),
  };
}

/** Reads formats that are read as a whole. */
async function readWithoutBadLabel(
  name: string,
  bytes: Uint8Array,
  { onLabelFault, ...options }: ReadTableOptions,
): Promise<Table> {
  const { label, exclude = [] } = options;
  try {
    return await readAnyTable(name, bytes, options);
  } catch (error) {
    const isLabel = error instanceof DataError && error.expected === LABEL_EXPECTED;
    if (!onLabelFault || label === undefined || !isLabel) throw error;
    onLabelFault(error);
    return await readAnyTable(name, bytes, {
      ...options,
      label: undefined,
      exclude: [...exclude, label],
    });
  }
}
