/**
 * The work of a training job: the bytes of a table in, the bytes of a model out. It depends only on the job's spec and
 * input, so the model is the same whichever worker trains it, and however often the job was restarted.
 */
import { Detector } from "../detection/detector.ts";
import { readTrainingFile } from "../detection/rows/read_training_file.ts";
import { sampleWarnings } from "../detection/rows/sample_warnings.ts";
import { inferSchema } from "../detection/columns/infer_schema.ts";
import type { ReadTableOptions, Table } from "../formats/mod.ts";
import { Expansion } from "../scoring/table/expansion.ts";
import { requireWork } from "./budget.ts";
import { openUpload, type UploadedTable } from "./open_upload.ts";
import { UPLOAD_LIMITS } from "./upload_limits.ts";
import { trainFromSpec } from "./train_from_spec.ts";
import type { TrainContext, TrainSettings } from "./train_settings.ts";

/** The spec of a training job. */
export interface TrainSpec extends UploadedTable {
  /** A column to leave out. */
  readonly label?: string;
  /** Columns to keep, in this order. */
  readonly select?: readonly string[];
  /** Names for the columns, if the input has none. */
  readonly columns?: readonly string[];
  readonly settings: TrainSettings;
  /** The most multiply-adds it may take: see `budget.ts`. */
  readonly maxWork: number;
}

/** The result of a training job. */
export interface Trained {
  /** The model file. */
  readonly bytes: Uint8Array;
  /** Rows of the input, not all of which need have been trained on. */
  readonly rows: number;
  readonly columns: number;
  /** The detector's threshold. */
  readonly threshold?: number;
  readonly warnings: readonly string[];
}

/** @throws the errors of `readAnyTable`, `requireWork` and `Detector.fit` */
export async function trainJob(
  spec: TrainSpec,
  input: Uint8Array,
  { device, checkpoint, signal, onProgress }: TrainContext,
): Promise<Trained> {
  const { columns: given, settings, maxWork } = spec;
  const read = await readInput(spec, input, signal);
  const table = given ? { ...read, columns: given } : read;
  const { rows, columns } = table, all = table.drawn?.rows ?? rows;
  const inputs = settings.spec ? columns.length : inputsOf(table, settings.missing);
  requireWork({ rows, columns: inputs, settings }, maxWork);
  if (settings.spec) {
    const bytes = await trainFromSpec(table, settings, {
      device,
      checkpoint,
      signal,
      onProgress,
    });
    const warnings = sampleWarnings(table, undefined, "train");
    return { bytes, rows: all, columns: columns.length, warnings };
  }
  const detector = await Detector.fit(table, {
    ...settings,
    ...device,
    signal,
    onProgress,
    checkpoint,
  });
  const { threshold, warnings } = detector;
  return { bytes: detector.save(), rows: all, columns: columns.length, threshold, warnings };
}

/** As many rows as are trained on, drawn as `elbow train` draws them (ADR 67). */
async function readInput(
  { label, select, settings, ...uploaded }: TrainSpec,
  input: Uint8Array,
  signal?: AbortSignal,
): Promise<Table> {
  // The label is only left out, so it may say anything.
  const left: ReadTableOptions = { label, parseLabel: () => 0 };
  const cells = settings.spec ? "numbers" : "any";
  const reading = { ...UPLOAD_LIMITS, ...left, columns: select, cells } as const;
  return await readTrainingFile(await openUpload(uploaded, input, signal), reading, settings);
}

/** The number of columns that a detector's networks see: a text column counts once per level. */
function inputsOf(table: Table, missing?: readonly string[]): number {
  const { schema } = inferSchema(table, undefined, undefined, missing);
  return new Expansion(schema).width;
}
