/**
 * Bodies of `text/csv`, read as `elbow score` reads a file: columns by the names in the header, in any order, others
 * left out; commas, semicolons or tabs; quotes; decimal commas; Windows-1252. Passed to `createApp` by whoever wants
 * them, because a bundle for the edge does not carry the readers of files:
 *
 * ```ts
 * import { createApp } from "./mod.ts";
 * import { csvRows } from "./csv_rows.ts";
 * Deno.serve(createApp({ models, csvRows }).fetch);
 * ```
 *
 * Limits: reading is not divided, as that of JSON is not, so lines and columns are counted first. A line break within
 * quotes counts as a row.
 *
 * @module
 */
import { DataError } from "../formats/errors.ts";
import { asTableText } from "../formats/text/table_text.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { Units } from "../scoring/units.ts";
import { invalid, pointerStep, type Problem } from "./problems.ts";
import { refusal, requireCount } from "./rows/rows.ts";
import type { ReadCsvRows } from "./verbs/verb.ts";

export type { ReadCsvRows };

/** The option of `createApp`. */
export const csvRows: ReadCsvRows = readCsvRows;

/** Its extension says how it is read; messages do not show it. */
const SOURCE = "body.csv";

/** As many as a table may have. */
const MAX_COLUMNS = 65_536;

const LINE_FEED = 0x0a, SEPARATORS: readonly number[] = [0x2c, 0x3b, 0x09, 0x7c];

async function readCsvRows(bytes: Uint8Array, units: Units, maxRows: number): Promise<Cells> {
  const { readModelTable } = await import("../detection/model_table.ts");
  try {
    const text = asTableText(bytes, SOURCE);
    requireSize(text, maxRows);
    const { data, rows } = await readModelTable({ units }, SOURCE, text);
    const cells = { data: Float64Array.from(data), rows };
    requireWhole(cells, units);
    return cells;
  } catch (error) {
    throw error instanceof DataError ? problemOf(error) : error;
  }
}

/**
 * @param bytes UTF-8: of other encodings, the bytes of a line feed may be part of a character
 * @throws Problem for more rows or columns than a request may have, before anything is read
 */
function requireSize(bytes: Uint8Array, maxRows: number): void {
  const found = bytes.indexOf(LINE_FEED), header = found < 0 ? bytes.length : found;
  let lines = 0, columns = 1;
  for (let i = 0; i < header; i++) columns += Number(SEPARATORS.includes(bytes[i]));
  for (let i = header; i < bytes.length; i++) lines += Number(bytes[i] === LINE_FEED);
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

function problemOf({ message, row, column }: DataError): Problem {
  const place = row === undefined
    ? ""
    : `/rows/${row - 1}${column === undefined ? "" : pointerStep(column)}`;
  return invalid(place, message.replace(`${SOURCE}, `, "").replace(SOURCE, "body"));
}
