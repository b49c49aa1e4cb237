/**
 * A Parquet file: its columns, its row groups, and the cells of one group after the other.
 *
 * Limits: a row group unpacks to at most 64 MiB, 16 bytes a cell and 200 times its packed bytes; texts that repeat
 * without a dictionary may be more. The metadata has at most 4 MiB and a 64th of the file.
 */
import type { FileMetaData, SchemaElement } from "npm:hyparquet@1.31.5";
import { messageOf } from "../core/errors.ts";
import { DataError, quoteValue } from "./errors.ts";
import type { Decoder } from "./parquet_pages.ts";
import { decimalUnit, exactDecimal } from "./parquet_values.ts";
import type { RandomAccess } from "./random_access.ts";
import type { TableOptions } from "./table.ts";

/** An open file. */
export interface ParquetFile {
  readonly source: string;
  readonly names: readonly string[];
  readonly rows: number;
  readonly groups: readonly Group[];
  /** The cells of some columns in some row groups. @throws DataError for a damaged file */
  readonly read: (
    columns: readonly string[],
    groups: readonly Group[],
    limits: Pick<TableOptions, "maxInflatedBytes">,
  ) => Promise<unknown[][]>;
}

/** What a number may take, with its levels: it takes as much in memory, however well a page of equal ones is packed. */
const CELL_BYTES = 16;

/** A row group. */
export interface Group {
  readonly rows: number;
  readonly chunks: ReadonlyMap<string, Chunk>;
}

/** The bytes of a column in a row group. */
interface Chunk extends Pick<Decoder, "type" | "codec"> {
  readonly start: number;
  readonly bytes: number;
}

/** @throws DataError for a damaged file */
export async function openParquet(
  file: ArrayBuffer | RandomAccess,
  source: string,
): Promise<ParquetFile> {
  const { parquetSchema } = await import("npm:hyparquet@1.31.5");
  const pages = await import("./parquet_pages.ts");
  const metadata = await metadataOf(file, source);
  const elements = columnsOf(metadata.schema, source), groups = groupsOf(metadata, file, source);
  const schema = parquetSchema(metadata);
  const decoderOf = (name: string) => {
    const tree = schema.children.find(({ element }) => element.name === name)!;
    const element = requireReadable(tree.element, source);
    return { element, schemaPath: [schema, tree], pathInSchema: [name] };
  };
  const read: ParquetFile["read"] = async (names, chosen, { maxInflatedBytes = Infinity }) => {
    const decoders = names.map(decoderOf), cells = names.map((): unknown[] => []);
    for (const { rows, chunks } of chosen) {
      const own = names.map((name) => chunks.get(name));
      const packed = own.reduce((sum, chunk) => sum + (chunk?.bytes ?? 0), 0);
      const unpacked = 2 ** 26 + 200 * packed + CELL_BYTES * rows * names.length;
      const max = Math.min(maxInflatedBytes, unpacked), budget = { left: max };
      for (const [c, chunk] of own.entries()) {
        const column = quoteValue(names[c]), unit = decimalUnit(decoders[c].element);
        if (!chunk) throw damaged(source, `column ${column} has 0 of ${rows} rows`);
        const bytes = await file.slice(chunk.start, chunk.start + chunk.bytes);
        let found: readonly unknown[];
        try {
          found = pages.readChunk(bytes, rows, { ...decoders[c], ...chunk }, budget);
        } catch (cause) {
          if (!(cause instanceof pages.BudgetError)) throw damaged(source, cause);
          const expected = `a row group that unpacks to at most ${max} bytes (write smaller ones)`;
          throw new DataError({ source, column: names[c], expected, actual: "more" }, { cause });
        }
        if (found.length < rows) {
          throw damaged(source, `column ${column} has ${found.length} of ${rows} rows`);
        }
        for (const cell of found) cells[c].push(unit === 1 ? cell : exactDecimal(cell, unit));
      }
    }
    return cells;
  };
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  return { source, names: elements.map(({ name }) => name), rows, groups, read };
}

/** @throws DataError for a damaged file */
async function metadataOf(
  file: ArrayBuffer | RandomAccess,
  source: string,
): Promise<FileMetaData> {
  const { parquetMetadata } = await import("npm:hyparquet@1.31.5");
  const { requireStruct } = await import("./parquet_thrift.ts");
  const footer = await footerOf(file, source);
  try {
    requireStruct({ view: new DataView(footer), offset: 0 });
    return parquetMetadata(footer);
  } catch (cause) {
    throw damaged(source, cause);
  }
}

/** Bytes behind the metadata: its length, and "PAR1". */
const FOOTER_END = 8;

/** "PAR1", little-endian. */
const MAGIC = 0x31524150;

/** Most of the metadata, which may take 200 times its bytes in memory: bytes, and a share of the file. */
const METADATA_BYTES = 2 ** 22, METADATA_SHARE = 1 / 64;

/**
 * The metadata, and what ends the file.
 * @throws DataError if the file does not hold as much, or if there is more than files of sensible row groups have
 */
async function footerOf(file: ArrayBuffer | RandomAccess, source: string): Promise<ArrayBuffer> {
  const { byteLength } = file;
  const tail = new DataView(await file.slice(Math.max(0, byteLength - FOOTER_END), byteLength));
  if (tail.byteLength < FOOTER_END || tail.getUint32(4, true) !== MAGIC) {
    throw damaged(source, "it does not end in PAR1");
  }
  const bytes = tail.getUint32(0, true);
  const max = METADATA_BYTES + Math.floor(byteLength * METADATA_SHARE);
  if (bytes > byteLength - FOOTER_END) {
    throw damaged(source, `${bytes} bytes of metadata in ${byteLength}`);
  }
  if (bytes > max) {
    const expected = `at most ${max} bytes of metadata in a file of ${byteLength}`;
    throw new DataError({
      source,
      expected,
      actual: `${bytes} (write fewer, larger row groups)`,
    });
  }
  return await file.slice(byteLength - FOOTER_END - bytes, byteLength);
}

/** The row groups, whose chunks do not overlap: otherwise a file could have its bytes read any number of times. */
function groupsOf(
  { num_rows, row_groups }: FileMetaData,
  { byteLength }: { readonly byteLength: number },
  source: string,
): readonly Group[] {
  let bytes = 0;
  const groups = row_groups.map(({ num_rows, columns }): Group => {
    const chunks = columns.map(({ meta_data: data, file_path }) => {
      if (!data || file_path) throw damaged(source, "a column that is in another file");
      const { type, codec, path_in_schema, dictionary_page_offset, data_page_offset } = data;
      const chunk = {
        ...{ type, codec, start: Number(dictionary_page_offset || data_page_offset) },
        bytes: Number(data.total_compressed_size),
      };
      bytes += Math.max(0, chunk.bytes);
      return [path_in_schema.join("."), chunk] as const;
    });
    return { rows: Number(num_rows), chunks: new Map(chunks) };
  });
  const rows = Number(num_rows), total = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows !== total || groups.some((group) => group.rows < 0)) {
    throw damaged(source, `${rows} rows, in groups of ${total}`);
  }
  if (bytes > byteLength) throw damaged(source, `${bytes} bytes of columns in ${byteLength}`);
  return groups;
}

/** The columns of a schema, which lists a nested column with all that it contains. */
function columnsOf([root, ...elements]: readonly SchemaElement[], source: string) {
  const columns: SchemaElement[] = [];
  let inside = 0;
  for (const element of elements) {
    if (inside > 0) inside--;
    else columns.push(element);
    inside += element.num_children ?? 0;
  }
  const isNamed = columns.every(({ name }) => typeof name === "string");
  if (isNamed && inside === 0 && root?.num_children === columns.length) return columns;
  throw damaged(source, "its columns are not what its schema says");
}

/** @throws DataError for a kind of column that is not read */
function requireReadable(element: SchemaElement, source: string): SchemaElement {
  const { name: column, converted_type: type, repetition_type, num_children = 0 } = element;
  if (num_children > 0 || repetition_type === "REPEATED") {
    const actual = "a nested one, which can only be excluded";
    throw new DataError({ source, column, expected: "a flat column", actual });
  }
  if (type !== "INTERVAL" && type !== "BSON") return element;
  throw new DataError({ source, column, expected: "numbers, texts or times", actual: type });
}

function damaged(source: string, cause: unknown): DataError {
  const expected = "a complete Parquet file";
  return new DataError({ source, expected, actual: `a damaged one (${messageOf(cause)})` }, {
    cause,
  });
}
