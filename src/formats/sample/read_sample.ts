/**
 * Reads a table that arrives in pieces, and keeps at most a given number of rows: CSV, TSV, JSON lines and NPY in
 * memory that does not grow with the file, other formats as a whole.
 */
import { concatBytes } from "../../core/bytes/bytes.ts";
import { CsvParts } from "../csv/csv_parts.ts";
import { DataError } from "../errors.ts";
import { formatOf, readAnyTable, type ReadTableOptions, requireKnown, type Table } from "../mod.ts";
import type { RandomAccess } from "../parquet.ts";
import { JsonlReader } from "../jsonl/jsonl.ts";
import { NpyParts } from "../numpy/npy_parts.ts";
import type { PartReader } from "../part_reader.ts";
import { textDecoder } from "../text/text.ts";
import { LABEL_EXPECTED } from "../text/cells.ts";
import { RowSample, type SampleOptions } from "./row_sample.ts";

/** Bytes needed to detect a format that the name does not give. */
const SNIFFED_BYTES = 64;

/** How to sample; `onRows` is called with the number of rows read so far. */
export interface ReadSampleOptions extends SampleOptions {
  readonly onRows?: (rows: number) => void;
}

/**
 * Reads any table piece by piece.
 * @param name as for `readTable`
 */
export async function readSample(
  name: string,
  pieces: AsyncIterable<Uint8Array>,
  options: ReadTableOptions,
  sample: ReadSampleOptions,
): Promise<Table> {
  const rows = new RowSample(sample), unread: Uint8Array[] = [];
  let reader: PartReader | undefined, isFirst = true;
  const take = (from: PartReader) => {
    const part = from.take();
    if (part) rows.add(part);
    sample.onRows?.(rows.read);
  };
  for await (const piece of withHead(pieces)) {
    if (isFirst) {
      const extension = formatOf(name, piece);
      requireKnown(name, extension);
      reader = readerOf(extension, { ...options, source: name });
      isFirst = false;
    }
    if (!reader) unread.push(piece);
    else {
      reader.push(piece);
      take(reader);
    }
  }
  if (!reader) {
    rows.add(await readWithoutBadLabel(name, concatBytes(unread), options));
    return rows.finish();
  }
  reader.end();
  take(reader);
  return reader.joined(rows.finish());
}

/** Reads a Parquet file one row group at a time. @param bytes a file that can be read in parts */
export async function readParquetSample(
  name: string,
  bytes: RandomAccess,
  options: ReadTableOptions,
  sample: ReadSampleOptions,
): Promise<Table> {
  const { parquetParts } = await import("../parquet.ts");
  const rows = new RowSample(sample);
  for await (const part of parquetParts(bytes, { ...options, source: name })) {
    rows.add(part);
    sample.onRows?.(rows.read);
  }
  return rows.finish();
}

/** The same pieces, with a first piece that is long enough to detect the format; there is always one. */
async function* withHead(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array();
  for await (const piece of pieces) {
    if (!head) {
      yield piece;
      continue;
    }
    head = concatBytes([head, piece]);
    if (head.length < SNIFFED_BYTES) continue;
    yield head;
    head = undefined;
  }
  if (head) yield head;
}

function readerOf(
  extension: string,
  options: ReadTableOptions & { readonly source: string },
): PartReader | undefined {
  switch (extension) {
    case ".csv":
      return new CsvParts(options);
    case ".tsv":
      return new CsvParts({ ...options, separator: "\t" });
    case ".npy":
      return new NpyParts(options);
    case ".jsonl":
    case ".ndjson":
    case ".json":
      return decoded(new JsonlReader(options), options.source);
    default:
      return undefined;
  }
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
