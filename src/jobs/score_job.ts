/**
 * A scoring job's own work. A file is split into parts, any worker scores a part, and the parts in their order
 * are the CSV that `elbow score` writes of the file: a row's score does not depend on the rows beside it.
 * Both steps are functions of the bytes they are given, so that they may be begun as often as need be.
 */
import { readModelTable } from "../detection/model_table.ts";
import { decodeNpy, encodeNpy } from "../formats/numpy/npy.ts";
import { asUtf8 } from "../formats/text/utf16.ts";
import { decide } from "../scoring/decisions/decide.ts";
import { NotFiniteError } from "../trained/finite.ts";
import { TableScorer } from "../scoring/table_scorer.ts";
import type { DeviceOptions } from "../trained/trained_vae.ts";
import { unitsOf } from "../scoring/units.ts";
import { HEADER, VerdictLines } from "../scoring/verdict_lines.ts";
import { UPLOAD_LIMITS } from "./upload_limits.ts";

/** What the spec of a job over a whole file says. */
export interface ScoreSpec {
  /** The version that was served when the job was accepted. */
  readonly version: number;
  /** SHA-256 of its file. */
  readonly digest: string;
  /** The name of the file, whose extension says the format. */
  readonly source: string;
  /** In the place of the model's own. */
  readonly falseAlarmRate?: number;
}

/** What the spec of a part says. */
export interface PartSpec extends Omit<ScoreSpec, "source"> {
  /** The job that it belongs to. */
  readonly whole: string;
  /** Rows of the file before its first. */
  readonly firstRow: number;
}

/** A file in parts. */
export interface Split {
  /** The line before all others. */
  readonly header: Uint8Array;
  /** Cells as the model has them, NPY of float64, NaN where one is missing. */
  readonly parts: readonly Uint8Array[];
  readonly rows: number;
}

/** A part's lines, and what is in them. */
export interface ScoredPart {
  readonly lines: Uint8Array;
  readonly rows: number;
  readonly anomalies: number;
}

/** Rows of a part: tens of milliseconds to some tenths of a second of one core. */
export const PART_ROWS = 8192;

const UTF8 = new TextEncoder();

/** @throws DataError for a file that the model cannot take, RangeError for a rate that it cannot keep */
export async function splitTable(
  model: Uint8Array,
  source: string,
  input: Uint8Array,
  falseAlarmRate?: number,
): Promise<Split> {
  const scorer = await openScorer(model, falseAlarmRate), units = unitsOf(scorer);
  try {
    const bytes = asUtf8(input, source);
    const { data, rows } = await readModelTable({ units }, source, bytes, UPLOAD_LIMITS);
    const columns = units.columns.length, parts: Uint8Array[] = [];
    for (let first = 0; first < rows; first += PART_ROWS) {
      const count = Math.min(PART_ROWS, rows - first);
      const cells = data.subarray(first * columns, (first + count) * columns);
      parts.push(encodeNpy(Float64Array.from(cells), [count, columns]));
    }
    return { header: UTF8.encode(`${HEADER.join()}\n`), parts, rows };
  } finally {
    scorer.dispose();
  }
}

/** @throws RangeError naming a row of the part whose score is not finite */
export async function scorePart(
  model: Uint8Array,
  input: Uint8Array,
  { firstRow, falseAlarmRate, device }: {
    readonly firstRow: number;
    readonly falseAlarmRate?: number;
    readonly device: DeviceOptions;
  },
): Promise<ScoredPart> {
  const scorer = await openScorer(model, falseAlarmRate, device);
  try {
    const { data, shape: [rows] } = decodeNpy(input, "part.npy");
    const scored = naming(firstRow, () => scorer.scoreCells({ data: data as Float64Array, rows }));
    const asked = { falseAlarmRate: scorer.falseAlarmRate };
    const decision = decide(scorer.calibration, scored.scores, asked);
    const lines = new VerdictLines(scorer).write(scored, decision, { firstRow });
    return { lines, rows, anomalies: decision.anomalies };
  } finally {
    scorer.dispose();
  }
}

/** A row of a part is another one of the file. */
function naming<Value>(firstRow: number, score: () => Value): Value {
  try {
    return score();
  } catch (error) {
    if (!(error instanceof NotFiniteError)) throw error;
    throw new NotFiniteError("score", error.value, firstRow + (error.row ?? 1) - 1);
  }
}

async function openScorer(
  model: Uint8Array,
  falseAlarmRate?: number,
  device?: DeviceOptions,
): Promise<TableScorer> {
  const scorer = await TableScorer.load(model, device);
  if (scorer.window !== undefined) {
    throw new TypeError("Cannot score in parts: the rows of the model are the steps of a series");
  }
  if (falseAlarmRate !== undefined) scorer.setFalseAlarmRate(falseAlarmRate);
  return scorer;
}
