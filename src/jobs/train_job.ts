/**
 * A training job's own work: bytes of a table in, bytes of a model out. It is a function of the job's
 * spec and input alone, so that whoever does it, and however often it was begun, the model is the same.
 */
import { Detector } from "../detection/detector.ts";
import { drawOf } from "../detection/most_rows.ts";
import { inferSchema } from "../detection/infer_schema.ts";
import { readAnyTable, type Table } from "../formats/mod.ts";
import { readSample } from "../formats/sample/read_sample.ts";
import { asUtf8 } from "../formats/text/utf16.ts";
import { Expansion } from "../scoring/table/expansion.ts";
import { DivergenceError } from "../training/run/divergence.ts";
import { requireWork } from "./budget.ts";
import { UPLOAD_LIMITS } from "./upload_limits.ts";
import { trainStated } from "./train_stated.ts";
import type { TrainContext, TrainSettings } from "./train_settings.ts";

/** Bytes of a table that are read at once. */
const PIECE = 1 << 18;

/** What a training job's spec says. */
export interface TrainSpec {
  /** The name of its input, whose extension says the format. */
  readonly source: string;
  /** A column that is left out. */
  readonly label?: string;
  /** Columns to keep, in this order. */
  readonly select?: readonly string[];
  /** What to call the columns, where the input does not. */
  readonly columns?: readonly string[];
  readonly settings: TrainSettings;
  /** Multiply-adds that it may take: see `budget.ts`. */
  readonly maxWork: number;
}

/** What came of a training job. */
export interface Trained {
  /** The model file. */
  readonly bytes: Uint8Array;
  /** Of the input: not all of them need have trained. */
  readonly rows: number;
  readonly columns: number;
  /** Of a detector. */
  readonly threshold?: number;
  readonly warnings: readonly string[];
}

/** @throws the refusals of `readAnyTable`, `requireWork` and `Detector.fit` */
export async function trainJob(
  spec: TrainSpec,
  input: Uint8Array,
  { device, checkpoint, signal, onProgress }: TrainContext,
): Promise<Trained> {
  const { columns: given, settings, maxWork } = spec;
  const read = await readInput(spec, input);
  const table = given ? { ...read, columns: given } : read;
  const { rows, columns } = table;
  const inputs = settings.spec ? columns.length : inputsOf(table);
  requireWork({ rows, columns: inputs, settings }, maxWork);
  if (settings.spec) {
    const bytes = await trainStated(requireNumbers(table), settings, {
      device,
      checkpoint,
      signal,
      onProgress,
    });
    return { bytes, rows, columns: columns.length, warnings: [] };
  }
  const detector = await Detector.fit(table, {
    ...settings,
    ...device,
    signal,
    onProgress,
    checkpoint,
  });
  const { threshold, warnings } = detector;
  const all = table.drawn?.rows ?? rows;
  return { bytes: detector.save(), rows: all, columns: columns.length, threshold, warnings };
}

/** Of a detector's rows no more than train, as `elbow train` draws them (ADR 67). */
async function readInput(
  { source, label, select, settings }: TrainSpec,
  input: Uint8Array,
): Promise<Table> {
  const options = { ...UPLOAD_LIMITS, label, columns: select, cells: "any" } as const;
  const bytes = asUtf8(input, source);
  return settings.spec
    ? await readAnyTable(source, bytes, options)
    : await readSample(source, piecesOf(bytes), options, drawOf(settings));
}

/** Parts of the bytes, so that rows are drawn as they are read. */
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

/** Columns that a detector's networks see: a text is one for each of its levels. */
function inputsOf(table: Table): number {
  return new Expansion(inferSchema(table).schema).width;
}

/** @throws TypeError naming the first column with texts */
function requireNumbers(table: Table): Table {
  const [column] = table.texts?.keys() ?? [];
  if (column === undefined) return table;
  throw new TypeError(
    `Cannot train: a model by its specification takes numbers: column "${column}" holds text`,
  );
}

/** Whether the job itself is at fault: trying again would end the same way. */
export function isRefusal(error: unknown): error is Error {
  if (error instanceof DivergenceError) return true;
  const isOurs = error instanceof TypeError || error instanceof RangeError ||
    error instanceof SyntaxError;
  return isOurs && error.message.startsWith("Cannot ");
}
