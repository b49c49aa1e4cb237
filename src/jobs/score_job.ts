/**
 * The work of a scoring job. A file is split into parts, any worker scores a part, and the parts in order are the CSV
 * that `elbow score` writes for the file: a row's score does not depend on other rows. Both steps are functions of the
 * bytes that they are given, so they can be restarted as often as necessary.
 */
import { modelParts } from "../detection/model_table.ts";
import { decodeNpy, encodeNpy } from "../formats/numpy/npy.ts";
import { SecondLook } from "../detection/second_look.ts";
import { decide, type Decision } from "../scoring/decisions/decide.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { renumberingRows } from "../trained/renumber.ts";
import { TableScorer } from "../scoring/table_scorer.ts";
import type { DeviceOptions } from "../trained/trained_vae.ts";
import { unitsOf } from "../scoring/units.ts";
import { HEADER, regretCell, VerdictLines } from "../scoring/verdict_lines.ts";
import { openUpload, type UploadedTable } from "./open_upload.ts";
import { UPLOAD_LIMITS } from "./upload_limits.ts";

/** What users choose of a scoring. */
export interface Scoring {
  /** Overrides the model's own rate. */
  readonly falseAlarmRate?: number;
  /** Whether flagged rows get a second look. */
  readonly secondLook?: boolean;
}

/** The spec of a job that scores a whole file. */
export interface ScoreSpec extends Scoring, UploadedTable {
  /** The version that was served when the job was accepted. */
  readonly version: number;
  /** SHA-256 of its file. */
  readonly digest: string;
}

/** The spec of a part. */
export interface PartSpec extends Omit<ScoreSpec, keyof UploadedTable> {
  /** The id of the job that it belongs to. */
  readonly whole: string;
  /** Rows of the file before the part's first row. */
  readonly firstRow: number;
}

/** A file split into parts. */
export interface Split {
  /** The first line of the result. */
  readonly header: Uint8Array;
  /** Cells as the model takes them: NPY of float64, NaN if missing. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
  readonly rows: number;
}

/** A part's lines, and counts over them. */
export interface ScoredPart {
  readonly lines: Uint8Array;
  readonly rows: number;
  readonly anomalies: number;
}

/** Rows in a part: from tens of milliseconds to a few tenths of a second on one core. */
export const PART_ROWS = 8192;

const UTF8 = new TextEncoder();

/** @throws DataError for a file that the model cannot take, RangeError for a rate that it cannot hold */
export async function splitTable(
  model: Uint8Array,
  uploaded: UploadedTable,
  input: Uint8Array,
  { falseAlarmRate, secondLook }: Scoring = {},
  signal?: AbortSignal,
): Promise<Split> {
  const scorer = await openScorer(model, falseAlarmRate), units = unitsOf(scorer);
  try {
    const table = await openUpload(uploaded, input, signal);
    const cutter = new PartCutter(units.columns.length), { source } = uploaded;
    for await (const part of modelParts({ units }, source, table, UPLOAD_LIMITS)) cutter.add(part);
    const { parts, rows } = cutter.finish();
    const header = [...HEADER, ...(secondLook ? ["regret"] : [])];
    return { header: UTF8.encode(`${header.join()}\n`), parts, rows };
  } finally {
    scorer.dispose();
  }
}

/** Cuts rows that come a few or a million at a time into parts of PART_ROWS rows. */
class PartCutter {
  readonly #columns: number;
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  readonly #cells: Float64Array;
  #used = 0;
  #rows = 0;

  constructor(columns: number) {
    this.#columns = columns;
    this.#cells = new Float64Array(PART_ROWS * columns);
  }

  add({ data, rows }: Cells): void {
    this.#rows += rows;
    for (let at = 0; at < data.length;) {
      const some = data.subarray(at, at + this.#cells.length - this.#used);
      this.#cells.set(some, this.#used);
      at += some.length;
      this.#used += some.length;
      if (this.#used === this.#cells.length) this.#cut();
    }
  }

  finish(): Pick<Split, "parts" | "rows"> {
    if (this.#used > 0) this.#cut();
    return { parts: this.#parts, rows: this.#rows };
  }

  #cut(): void {
    const cells = this.#cells.subarray(0, this.#used);
    this.#parts.push(encodeNpy(cells, [this.#used / this.#columns, this.#columns]));
    this.#used = 0;
  }
}

/** @throws RangeError naming a row of the part whose score is not finite */
export async function scorePart(
  model: Uint8Array,
  input: Uint8Array,
  { firstRow, falseAlarmRate, secondLook, device }: Scoring & {
    readonly firstRow: number;
    readonly device: DeviceOptions;
  },
): Promise<ScoredPart> {
  const scorer = await openScorer(model, falseAlarmRate, device);
  try {
    const { data, shape: [rows] } = decodeNpy(input, "part.npy");
    const cells = { data: data as Float64Array, rows };
    const scored = renumberingRows(firstRow, () => scorer.scoreCells(cells));
    const options = { falseAlarmRate: scorer.falseAlarmRate };
    const decision = decide(scorer.calibration, scored.scores, options);
    const regrets = secondLook ? await regretsOf(scorer, cells, decision) : undefined;
    const extraCells = regrets && ((r: number) => [regretCell(regrets[r])]);
    const lines = new VerdictLines(scorer).write(scored, decision, { firstRow, extraCells });
    return { lines, rows, anomalies: decision.anomalies };
  } finally {
    scorer.dispose();
  }
}

async function regretsOf(
  scorer: TableScorer,
  cells: Cells,
  { verdict }: Decision,
): Promise<Float64Array> {
  const second = new SecondLook(scorer);
  try {
    return await second.regrets(cells, (r) => verdict(r) === "anomaly");
  } finally {
    second.dispose();
  }
}

async function openScorer(
  model: Uint8Array,
  falseAlarmRate?: number,
  device?: DeviceOptions,
): Promise<TableScorer> {
  const scorer = await TableScorer.load(model, device);
  if (scorer.window !== undefined) {
    throw new TypeError("Cannot score in parts: the model scores a series");
  }
  if (falseAlarmRate !== undefined) scorer.setFalseAlarmRate(falseAlarmRate);
  return scorer;
}
