/**
 * `POST /v1/models/:name/train`: submits a training job. What can be refused is refused now: rows, settings, cost, a
 * full queue. An accepted job is on disk, and its model will be the next version of the name.
 */
import type { Hono } from "npm:hono@4.13.19";
import { defaultMaxRows } from "../../detection/rows/row_limit.ts";
import { encodeNpy } from "../../formats/numpy/npy.ts";
import { workOf } from "../../jobs/budget.ts";
import type { TrainSpec } from "../../jobs/train_job.ts";
import type { TrainSettings } from "../../jobs/train_settings.ts";
import {
  columnsFault,
  columnsOf,
  MAX_CELL,
  type TableRows,
} from "../../scoring/table/table_rows.ts";
import { readJson } from "../body/json.ts";
import type { Call } from "../exchange/call.ts";
import { invalid, Problem } from "../answers/problems.ts";
import type { Reply } from "../answers/responses.ts";
import { readRows } from "../rows/rows.ts";
import { checkBody } from "../schemas.ts";
import { route } from "../exchange/route.ts";
import { bodyLimits, newName, pacerOf, type Service, trainAction } from "../service.ts";
import { countCells } from "../jobs/table_size.ts";
import { trainBody } from "../jobs/train_schema.ts";
import type { JobIntake } from "../jobs/job_intake.ts";
import {
  acceptJob,
  jobId,
  readUpload,
  recallJob,
  requestDigest,
  requireHeaderless,
} from "./accept_job.ts";

export function trainRoutes(app: Hono, service: Service): void {
  route(app, service, "/v1/models/:name/train", {
    post: trainAction(service, (call, training) => accept(call, service, training)),
  });
}

async function accept(call: Call, service: Service, training: JobIntake): Promise<Reply> {
  const model = newName(call, "name"), owner = call.caller;
  call.model = model;
  const id = await jobId(call.head.get("idempotency-key"), owner, model);
  const body = checkBody(trainBody, await readJson(call, bodyLimits(call, service)));
  const requested = await requestDigest(body);
  const earlier = await recallJob(call, training, { id, digest: requested });
  if (earlier) return earlier;
  if ((await training.registry.aliases()).has(model)) {
    throw new Problem("conflict", "Cannot train model: its name is an alias");
  }
  const { source, input, ...size } = await dataOf(call, service, training, body);
  const { rows: _rows, upload: _upload, columns: _columns, label, header, patience, ...rest } =
    body;
  const settings = {
    ...rest,
    ...(patience !== undefined && { earlyStopping: { patience } }),
    // `parseObjective` checks its members before the job is accepted.
  } as TrainSettings;
  requireSpecSettings(settings);
  if (patience !== undefined && rest.validation === undefined) {
    throw invalid("/patience", "Cannot stop early: patience needs validation");
  }
  requireBudget(size, settings, label, training.maxWork);
  const { maxWork } = training, { names, select } = size;
  const spec: TrainSpec = { source, header, label, select, columns: names, settings, maxWork };
  const plain = JSON.parse(JSON.stringify({ ...spec, asked: requested }));
  const job = { id, kind: "train", model, owner, spec: plain } as const;
  return await acceptJob(call, training, job, input);
}

/** What a job is trained on, and its size; 0 rows if only a worker can tell. */
interface Data {
  readonly source: string;
  readonly input: Uint8Array;
  readonly rows: number;
  readonly width: number;
  readonly names?: readonly string[];
  readonly select?: readonly string[];
}

type Body = ReturnType<typeof checkBody<typeof trainBody>>;

async function dataOf(
  call: Call,
  service: Service,
  training: JobIntake,
  { rows, upload, columns, label, header }: Body,
): Promise<Data> {
  if ((rows === undefined) === (upload === undefined)) {
    throw invalid("/rows", "Cannot read body: expected either rows or an upload");
  }
  if (columns) requireNames(columns);
  if (rows) {
    if (header !== undefined) throw invalid("/header", "Cannot use header with rows: leave it out");
    return dataInBody(rows, columns, label);
  }
  requireHeaderless(header, upload!);
  const input = await readUpload(call, training, upload!);
  const { rows: count, columns: width } = await countCells(upload!, input, pacerOf(call, service));
  return { source: upload!, input, rows: count, width, select: columns };
}

/** Rows of the body: a table of float64 if all are numbers, otherwise the lines that an upload of them would have. */
function dataInBody(rows: readonly unknown[], given?: readonly string[], label?: string): Data {
  if (label !== undefined) {
    throw invalid(
      "/label",
      "Cannot use label with rows: leave the label out of them",
    );
  }
  const names = given ?? columnsOf(rows as TableRows);
  requireNames(names);
  const shape = { columns: names, missing: 0, maxMagnitude: MAX_CELL, fault: () => undefined };
  const about = { rows: rows.length, width: names.length, names };
  const isMixed = rows.some((row) => Object.values(Object(row)).some(isOtherCell));
  const { data } = readRows(isMixed ? rows.map(withoutOthers) : rows, shape);
  if (!isMixed) {
    return { source: "rows.npy", input: encodeNpy(data, [rows.length, names.length]), ...about };
  }
  const lines = rows.map((row) => `${JSON.stringify(cellsOf(row, names))}\n`).join("");
  return { source: "rows.jsonl", input: new TextEncoder().encode(lines), ...about };
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

/** Characters. A spec is built before the job is accepted, so it must be quick to build. */
const MAX_SPEC = 16_384;

/** Settings that only a detector has. */
const DETECTOR_SETTINGS = [
  "falseAlarmRate",
  "hidden",
  "latent",
  "likelihood",
  "robust",
  "missing",
] as const;

function requireSpecSettings(settings: TrainSettings): void {
  if (settings.spec === undefined) return;
  if (JSON.stringify(settings.spec).length > MAX_SPEC) {
    throw invalid("/spec", `Cannot read spec: must have at most ${MAX_SPEC} characters`);
  }
  const other = DETECTOR_SETTINGS.find((name) => settings[name] !== undefined);
  if (other) throw invalid(`/${other}`, `Cannot train: with spec, leave out ${other}`);
}

function requireBudget(
  { rows, width, select }: Pick<Data, "rows" | "width" | "select">,
  settings: TrainSettings,
  label: string | undefined,
  maxWork: number,
): void {
  // Only a worker reads a binary file, and checks the spec then.
  if (settings.spec && rows === 0) return;
  // A spec is checked against the columns that remain.
  const columns = settings.spec ? select?.length ?? width - (label === undefined ? 0 : 1) : width;
  // Of a longer table a sample trains.
  const usedRows = Math.min(rows, defaultMaxRows(columns));
  let work: number;
  try {
    work = workOf({ rows: usedRows, columns, settings });
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw invalid(settings.spec ? "/spec" : "", error.message);
  }
  if (work <= maxWork) return;
  throw new Problem(
    "over-budget",
    `Cannot train: a job must take at most ${maxWork} multiply-adds, got ${work}: ask for fewer epochs, a smaller network or fewer rows`,
  );
}
