/** What a training job is trained on: an upload, or the rows of its request, which are read in steps. */
import type { JobQueue } from "../../storage/job_queue.ts";
import { encodeNpy } from "../../formats/numpy/npy.ts";
import {
  columnsFault,
  columnsOf,
  MAX_CELL,
  type TableRows,
} from "../../scoring/table/table_rows.ts";
import type { Steps } from "../../trained/steps.ts";
import { invalid } from "../answers/problems.ts";
import type { Call } from "../exchange/call.ts";
import type { Pacer } from "../pacer.ts";
import { rowSteps } from "../rows/rows.ts";
import { countCells } from "./table_size.ts";
import type { TrainBody } from "./train_schema.ts";
import { readUpload, requireHeaderless } from "./uploaded.ts";

/** The file of a job, and its size; 0 rows if only a worker can tell. */
export interface TrainingData {
  readonly source: string;
  readonly input: Uint8Array;
  readonly rows: number;
  readonly width: number;
  readonly names?: readonly string[];
  readonly select?: readonly string[];
}

export async function dataOf(
  call: Call,
  { queue }: { readonly queue: JobQueue },
  { rows, upload, columns, label, header }: TrainBody,
  pacer: Pacer,
): Promise<TrainingData> {
  if ((rows === undefined) === (upload === undefined)) {
    throw invalid("/rows", "Cannot read body: expected either rows or an upload");
  }
  if (columns) requireNames(columns);
  if (rows) {
    if (header !== undefined) throw invalid("/header", "Cannot use header with rows: leave it out");
    if (label !== undefined) {
      throw invalid("/label", "Cannot use label with rows: leave the label out of them");
    }
    return await pacer.run(dataInBody(rows, columns));
  }
  requireHeaderless(header, upload!);
  const input = await readUpload(call, queue, upload!);
  const { rows: count, columns: width } = await countCells(upload!, input, pacer);
  return { source: upload!, input, rows: count, width, select: columns };
}

/** Rows handled in a step. */
const STEP_ROWS = 256;

/** Rows of the body: a table of float64 if all are numbers, otherwise the lines that an upload of them would have. */
function* dataInBody(rows: readonly unknown[], given?: readonly string[]): Steps<TrainingData> {
  const names = given ?? columnsOf(rows as TableRows);
  requireNames(names);
  const shape = { columns: names, missing: 0, maxMagnitude: MAX_CELL, fault: () => undefined };
  const about = { rows: rows.length, width: names.length, names };
  const isMixed = yield* haveOthers(rows);
  const { data } = yield* rowSteps(rows, shape, isMixed ? withoutOthers : undefined);
  if (!isMixed) {
    return { source: "rows.npy", input: encodeNpy(data, [rows.length, names.length]), ...about };
  }
  let lines = "";
  for (const [r, row] of rows.entries()) {
    lines += `${JSON.stringify(cellsOf(row, names))}\n`;
    if (r % STEP_ROWS === 0) yield;
  }
  return { source: "rows.jsonl", input: new TextEncoder().encode(lines), ...about };
}

/** Whether any cell is valid without being a number. */
function* haveOthers(rows: readonly unknown[]): Steps<boolean> {
  for (const [r, row] of rows.entries()) {
    if (Object.values(Object(row)).some(isOtherCell)) return true;
    if (r % STEP_ROWS === 0) yield;
  }
  return false;
}

/** Whether the cell is valid without being a number: text, a boolean, null. */
function isOtherCell(cell: unknown): boolean {
  return cell === null || typeof cell === "string" || typeof cell === "boolean";
}

/** The row with numbers in place of its other cells, so that only its form and its numbers are checked. */
function withoutOthers(row: unknown): unknown {
  const replaced = (cell: unknown) => isOtherCell(cell) ? 0 : cell;
  if (Array.isArray(row)) return row.map(replaced);
  if (typeof row !== "object" || row === null) return row;
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, replaced(cell)]));
}

function cellsOf(row: unknown, names: readonly string[]): readonly unknown[] {
  if (Array.isArray(row)) return row;
  const cells = row as Readonly<Record<string, unknown>>;
  return names.map((name) => cells[name]);
}

function requireNames(columns: readonly string[]): void {
  const fault = columns.length === 0 ? "the first row has no columns" : columnsFault(columns);
  if (fault !== undefined) throw invalid("/columns", `Cannot read columns: ${fault}`);
}
