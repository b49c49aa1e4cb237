/**
 * Bodies of `text/csv`, read as `elbow score` reads a file: columns by the names in the header, in any order, others
 * left out, or with `header=absent` by position; commas, semicolons or tabs; quotes; decimal commas; Windows-1252.
 * Passed to `createApp` by whoever wants them, because a bundle for the edge does not carry the readers of files:
 *
 * ```ts
 * import { createApp } from "./mod.ts";
 * import { csvRows } from "./csv_rows.ts";
 * Deno.serve(createApp({ models, csvRows }).fetch);
 * ```
 *
 * Read in pieces, between which other requests get their turn; lines and columns are counted first.
 *
 * Limits: a line break within quotes counts as a row. A row, which is read without a pause, has at most a mebibyte.
 *
 * @module
 */
import { RecordEnds } from "../formats/csv/record_ends.ts";
import { DataError } from "../formats/errors.ts";
import { asUtf8 } from "../formats/text/as_utf8.ts";
import type { Table } from "../formats/table.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { Units } from "../scoring/units.ts";
import { recoded } from "./body/charset.ts";
import { hasHeaderLine } from "./body/content_type.ts";
import { invalid, pointerStep, type Problem } from "./answers/problems.ts";
import { refusal, requireCount } from "./rows/rows.ts";
import type { CsvReading, ReadCsvRows } from "./verbs/verb.ts";

export type { ReadCsvRows };

/** The option of `createApp`. */
export const csvRows: ReadCsvRows = readCsvRows;

/** Bytes read at once: a millisecond or two. */
const PIECE_BYTES = 1 << 16;

/** As in a line of JSON. */
const MAX_ROW_BYTES = 1 << 20;

/** Its extension says how it is read; the caller is not told of it. */
const SOURCE = "body.csv";

/** As many as a table may have. */
const MAX_COLUMNS = 65_536;

const LINE_FEED = 0x0a, SEPARATORS: readonly number[] = [0x2c, 0x3b, 0x09, 0x7c];

async function readCsvRows(
  bytes: Uint8Array,
  { units, maxRows, apart = [], head, pacer }: CsvReading,
): Promise<Cells> {
  const { modelParts } = await import("../detection/model_table.ts");
  const { openTable } = await import("../formats/sample/table_parts.ts");
  try {
    const text = asUtf8(await recoded(bytes, head, pacer), SOURCE);
    const header = hasHeaderLine(head), parts: Table[] = [];
    requireSize(text, maxRows, header);
    const table = await openTable(SOURCE, piecesOf(text, pacer, header), { header });
    const onNames = (names: readonly string[]) => requireOneSeries(names, apart);
    for await (const part of modelParts({ units }, SOURCE, table, { onNames })) {
      parts.push({ ...part, data: part.data.slice() });
    }
    const cells = joined(parts, units.columns.length);
    requireWhole(cells, units);
    return cells;
  } catch (error) {
    throw error instanceof DataError ? problemOf(error) : error;
  }
}

/** @throws Problem for a column that says where steps are, because the steps of a request follow each other */
function requireOneSeries(names: readonly string[], apart: readonly string[]): void {
  const found = apart.find((name) => names.includes(name));
  if (found === undefined) return;
  throw invalid(
    "",
    `Cannot read column ${
      JSON.stringify(found)
    }: the rows of a request are the steps of one series that follow each other: leave the column out, and send each series by itself`,
  );
}

/** @throws Problem for a row too long to be read without a pause */
async function* piecesOf(
  bytes: Uint8Array,
  pacer: CsvReading["pacer"],
  header: boolean,
): AsyncGenerator<Uint8Array> {
  const ends = new RecordEnds();
  let start = 0, row = header ? 0 : 1;
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    await pacer.yieldIfDue();
    const end = Math.min(bytes.length, at + PIECE_BYTES);
    for (let i = at; i < end; i++) {
      if (!ends.endsAt(bytes[i])) continue;
      start = i + 1;
      row++;
    }
    if (end - start > MAX_ROW_BYTES) {
      const place = row === 0 ? "" : `/rows/${row - 1}`;
      const name = row === 0 ? "header" : `row ${row}`;
      throw invalid(
        place,
        `Cannot read ${name}: expected at most ${MAX_ROW_BYTES} bytes (is a closing quote missing?)`,
      );
    }
    yield bytes.subarray(at, end);
  }
}

function joined(parts: readonly Table[], width: number): Cells {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const data = new Float64Array(rows * width);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, rows };
}

/**
 * @param bytes UTF-8: of other encodings, the bytes of a line feed may be part of a character
 * @throws Problem for more rows or columns than a request may have, before anything is read
 */
function requireSize(bytes: Uint8Array, maxRows: number, header: boolean): void {
  const found = bytes.indexOf(LINE_FEED), first = found < 0 ? bytes.length : found;
  let lines = header ? 0 : 1, columns = 1;
  for (let i = 0; i < first; i++) columns += Number(SEPARATORS.includes(bytes[i]));
  for (let i = first; i < bytes.length; i++) lines += Number(bytes[i] === LINE_FEED);
  if (columns > MAX_COLUMNS) {
    throw invalid("", `Cannot read body: expected at most ${MAX_COLUMNS} columns, got ${columns}`);
  }
  requireCount("/rows", bytes.at(-1) === LINE_FEED ? lines - 1 : lines, maxRows);
}

/** @throws Problem naming the first missing cell of a column that may have none */
function requireWhole({ data }: Cells, { columns, missing }: Units): void {
  const width = columns.length;
  const at = data.findIndex((value, i) => Number.isNaN(value) && i % width >= missing);
  if (at < 0) return;
  const row = Math.floor(at / width), name = columns[at % width];
  throw refusal(row, name, name, null, "a value (missing values are not allowed here)");
}

function problemOf(error: DataError): Problem {
  const { row, line, column, option } = error;
  const place = row === undefined
    ? ""
    : `/rows/${row - 1}${column === undefined ? "" : pointerStep(column)}`;
  const hasPlace = row !== undefined || line !== undefined || column !== undefined;
  const { message } = new DataError({ ...error, source: hasPlace ? undefined : "body" });
  const remedy = option === "header"
    ? " (if the first line is a row: text/csv; header=absent)"
    : "";
  return invalid(place, `${message}${remedy}`);
}
