/**
 * Tables and rows from a `File`, for pages and programs: what `elbow train` and `elbow score` read, as they read it.
 *
 * ```ts
 * import { Detector } from "./mod.ts";
 * import { readRows, readTable } from "./files.ts";
 *
 * const csv = Array.from({ length: 200 }, (_, i) => `${Math.sin(i)};${Math.cos(i)}`);
 * const file = new File([["north;east", ...csv].join("\n")], "wind.csv"); // or one dropped on a page
 * const detector = await Detector.fit(await readTable(file), { epochs: 5 });
 * const { pValues } = detector.scoreCells(await readRows(file, detector));
 * if (pValues.length !== 200) throw new Error("Expected a p-value for each row");
 * ```
 *
 * The file's name says what it holds: CSV (commas, semicolons, tabs; UTF-8, UTF-16 or Windows-1252), JSON lines, NPY,
 * NPZ or Parquet, also with `.gz`. It is read in parts.
 *
 * Limits: the rows returned are in memory, and so is a Parquet, NPY or NPZ file with `.gz`. The clock of a series, and
 * the machine that a row is of, have to be given to `Detector.fit` by the program.
 *
 * @module
 */
import { requireBoolean, requireNumber, requireObject, show } from "../core/validate.ts";
import { gunzipped, isGzip } from "../formats/gzip.ts";
import { formatOf, type Table } from "../formats/mod.ts";
import { type OpenFile, piecesBetween } from "../formats/random_access.ts";
import { sampleParts } from "../formats/sample/read_sample.ts";
import {
  needsFile,
  openFile,
  type OpenTable,
  openTable,
  requireCsv,
} from "../formats/sample/table_parts.ts";
import { piecesAsTableText } from "../formats/table_text.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { type Model, unitsOf } from "../scoring/units.ts";
import { readingOf } from "./columns/infer_schema.ts";
import { modelParts } from "./model_table.ts";
import type { DetectorOptions } from "./options.ts";
import { readTrainingFile } from "./rows/read_training_file.ts";

export { DataError } from "../formats/errors.ts";
export type { RawTable, Table } from "../formats/table.ts";

/** How a file is read to be trained on. Give `Detector.fit` the same `schema`, `missing`, `seed` and `window`. */
export interface TableFileOptions
  extends Pick<DetectorOptions, "schema" | "missing" | "maxRows" | "seed" | "window"> {
  /** The column of labels, which is not trained on: 0, no, false and normal are normal; of an NPZ, `y`. */
  readonly label?: string;
  /** The columns to keep, in this order (default: all but the label). */
  readonly columns?: readonly string[];
  /** Columns to leave out, such as identifiers. */
  readonly exclude?: readonly string[];
  /** Whether CSV begins with a header line (default); if not, its columns are called x0, x1, … */
  readonly header?: boolean;
}

/** How rows are read to be scored. */
export type RowsFileOptions = Pick<TableFileOptions, "label" | "header">;

/** The rows of a file in the units of a model. */
export interface FileRows extends Cells {
  /** [rows], 0 = normal, 1 = anomaly, if a label was asked for and is there. */
  readonly label?: Float64Array;
}

/**
 * Reads a table to train on; of more rows than `maxRows`, a sample drawn by the seed, or the last ones of a series.
 * @param file a File with a name: `new File([bytes], "sensors.csv")` in a program
 * @returns what `Detector.fit` takes
 * @throws DataError naming the file, and the row and column if one is at fault; TypeError or RangeError for options
 */
export async function readTable(file: File, options: TableFileOptions = {}): Promise<Table> {
  requireObject("table options", options, TABLE_KEYS);
  const { schema, missing, maxRows, seed, window, header, ...reading } = options;
  if (maxRows !== undefined) requireNumber("maxRows", maxRows, { min: 1, integer: true });
  if (seed !== undefined) requireNumber("seed", seed, { integer: true });
  const open = await openedFile(file, header);
  const kept = { schema, missing, maxRows, seed, window };
  return await readTrainingFile(open, { ...reading, cells: readingOf(schema) }, kept);
}

/**
 * Reads rows as a model takes them: its columns by name, in any order, others left out; without names, by position.
 * @param model a detector, a scorer or a network
 * @returns what `scoreCells` and a detector's `explain`, `recalibrate` and `partialFit` take
 * @throws as `readTable`
 */
export async function readRows(
  file: File,
  model: Model,
  options: RowsFileOptions = {},
): Promise<FileRows> {
  requireObject("row options", options, ["label", "header"]);
  const { label, header } = options, units = unitsOf(model);
  const parts = modelParts({ units }, file.name, await openedFile(file, header), { label });
  return await sampleParts(parts, { maxRows: () => Infinity });
}

const TABLE_KEYS = [
  "label",
  "columns",
  "exclude",
  "header",
  "schema",
  "missing",
  "maxRows",
  "seed",
  "window",
] satisfies (keyof TableFileOptions)[];

async function openedFile(file: unknown, header = true): Promise<OpenTable> {
  if (!(file instanceof File)) {
    throw new TypeError(
      `Cannot read file: expected a File, such as new File([bytes], "rows.csv"), got ${show(file)}`,
    );
  }
  requireBoolean("header", header);
  const { name } = file, extension = formatOf(name, new Uint8Array());
  const isPacked = isGzip(name), opened = inBlob(file);
  if (needsFile(extension) && !isPacked) {
    if (!header) requireCsv(name, extension);
    return openFile(name, opened, extension);
  }
  const pieces = piecesBetween(opened, 0, file.size);
  const text = piecesAsTableText(isPacked ? gunzipped(name, pieces) : pieces, name);
  return await openTable(name, text, { header });
}

function inBlob(blob: Blob): OpenFile {
  return {
    byteLength: blob.size,
    slice: (start, end) => blob.slice(start, end).arrayBuffer(),
    [Symbol.dispose]() {},
  };
}
