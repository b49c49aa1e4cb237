/**
 * Continues training a detector on new normal rows, without the old ones: the options of `Detector.partialFit`, and
 * what it does for each preset.
 *
 *   ensemble   trains on the new rows and its references, which represent the old ones
 *              (`ensemble/update_ensemble.ts`)
 *   small      has nothing that represents the old rows: it trains a few epochs on the new ones from its current
 *              weights, and gradually forgets the old ones
 *
 * A series is updated by `series/update_series.ts`.
 *
 * The transforms of the columns do not change. Some of the new rows are held out for calibration: the false-alarm rate
 * then holds for rows like the new ones, whatever the old rows were like.
 */
import { RowError } from "../core/row_error.ts";
import { requireNumber, requireObject } from "../core/validate.ts";
import { requireData } from "../trained/rows/data_rule.ts";
import type { ColumnSchema } from "../scoring/table/schema.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { standardize } from "../scoring/table/standardize.ts";
import type { TableModel } from "../scoring/table_model.ts";
import type { TableScorer } from "../scoring/table_scorer.ts";
import { valuesOf } from "../trained/named_tensor.ts";
import { withPauses } from "../trained/pauser.ts";
import type { TrainedVae } from "../trained/trained_vae.ts";
import type { FitOptions } from "../training/options.ts";
import { VAE } from "../training/vae.ts";
import { minVariances, updateTraining } from "./defaults.ts";
import { sketchColumns } from "./drift/sketch.ts";
import { updateEnsemble } from "./ensemble/update_ensemble.ts";
import { withoutCopies } from "./rows/copies.ts";
import { type SampledCells, sampleWarnings } from "./rows/sample_warnings.ts";
import { refuseExtremes, withoutExtremes } from "./rows/extremes.ts";
import { progressOverMembers, trainNetwork } from "./presets.ts";
import { calibrated, heldOutScores, MIN_ROWS } from "./calibrate.ts";
import { optionsFor } from "./options.ts";
import { type DrawOptions, requireMaxRows } from "./rows/new_rows.ts";
import { namingDrawnRows } from "./rows/read_rows.ts";
import { refuseSaturated } from "./rows/saturation.ts";
import { flaggedOf, type Recalibration } from "./recalibrate.ts";
import { calibrationFraction, type Split, splitRows } from "./rows/split.ts";

/** Options of `partialFit`; all have defaults. */
export interface PartialFitOptions
  extends Pick<FitOptions, "epochs" | "onProgress" | "signal">, DrawOptions {
  /** Fixes everything random. Default: 0. */
  readonly seed?: number;
  /** The fraction of the new rows used for calibration. Default: what the false-alarm rate needs, 0.2 to 0.5. */
  readonly calibration?: number;
}

/** Result of `partialFit`; `rows` is the number of new rows that now calibrate. */
export interface PartialFit extends Recalibration {
  /** Number of rows trained on. */
  readonly trained: number;
}

/** A network and a model that are to replace those of a detector. */
export interface Updated {
  /** The caller disposes of it. */
  readonly vae: VAE;
  readonly model: TableModel;
  /** The rows that calibrate; absent for a series. */
  readonly heldOut?: Cells;
  readonly result: Pick<PartialFit, "trained" | "rows" | "scored" | "flaggedBefore" | "chance">;
}

/** Updates a model of single rows. @throws TypeError or RangeError naming the row and column that cannot be used */
export async function updated(
  scorer: TableScorer,
  drawn: SampledCells,
  options: PartialFitOptions,
): Promise<Updated> {
  const before = scorer.table, { falseAlarmRate } = scorer;
  const { cells, training, calibration, calibrationWarnings } = namingDrawnRows(
    drawn,
    () => splitNewRows(drawn, { ...before, falseAlarmRate }, options),
  );
  const flagged = flaggedOf(scorer, scorer.scoreCells(calibration).scores);
  const rows = { cells, training };
  const { vae, parts, trained } = await continueTraining(scorer.vae, before, rows, options);
  try {
    const sketch = sketchColumns(cells, scorer.schema);
    const table = { ...parts, sketch, calibrationWarnings, falseAlarmRate };
    const model = calibrated(table, heldOutScores(vae, table, calibration));
    const result = { trained, rows: calibration.rows, ...flagged };
    return { vae, model, heldOut: calibration, result };
  } catch (error) {
    vae.dispose();
    throw error;
  }
}

const KEYS = ["seed", "epochs", "calibration", "maxRows", "onProgress", "signal"];

/** Half of these rows calibrate. */
const MIN_UPDATE_ROWS = 2 * MIN_ROWS;

/** @throws TypeError or RangeError naming the option that cannot be used */
export function requireFitOptions(options: PartialFitOptions): void {
  requireObject("partialFit options", options, KEYS);
  const { seed = 0, calibration } = options;
  requireNumber("seed", seed, { integer: true });
  requireMaxRows(options);
  if (calibration !== undefined) {
    requireNumber("calibration", calibration, { above: 0, max: 0.9 });
  }
}

/** The new rows without copies, those that train, and those that calibrate. */
interface NewRows extends Split, Pick<TableModel, "calibrationWarnings"> {
  readonly cells: Cells;
}

/**
 * Checks the new rows, removes copies, and splits the rest.
 * @throws RowError naming the row and column that cannot be used; RangeError for too few rows
 */
function splitNewRows(
  newRows: SampledCells,
  model: TableModel,
  options: PartialFitOptions,
): NewRows {
  const { schema, falseAlarmRate, ensemble } = model;
  const { seed = 0, calibration } = options, { data } = newRows, columns = schema.length;
  if (data.length !== newRows.rows * columns) {
    throw new RangeError(
      `Cannot update detector: rows must have ${columns} columns, got ${
        data.length / newRows.rows
      }`,
    );
  }
  const { cells, warnings } = withoutCopies(newRows, columns), { rows } = cells;
  const distinct = { cells, calibrationWarnings: [...sampleWarnings(newRows), ...warnings] };
  if (rows < MIN_UPDATE_ROWS) {
    throw new RangeError(
      `Cannot update detector: needs at least ${MIN_UPDATE_ROWS} rows, got ${rows}`,
    );
  }
  if (!ensemble) refuseExtremes(newRows, schema);
  refuseSaturated(cells, model);
  const needed = Math.max(calibrationFraction(rows, falseAlarmRate), MIN_ROWS / rows);
  const split = splitRows(cells, columns, calibration ?? needed, seed);
  if (!ensemble) return { ...distinct, ...split };
  return { ...distinct, ...split, training: withoutExtremes(split.training, schema).cells };
}

/**
 * Continues training. Returns a new network, which the caller disposes of, the changed parts of the model, not yet
 * calibrated, and the number of rows trained on.
 * @param cells all new rows, including `training`
 */
export async function continueTraining(
  vae: TrainedVae,
  model: TableModel,
  rows: { readonly cells: Cells; readonly training: Cells },
  options: PartialFitOptions,
): Promise<{ readonly vae: VAE; readonly parts: TableModel; readonly trained: number }> {
  // The weights change, so a model read from an int8 file continues in halves; `save` can round it again.
  const parts = { ...model, format: model.format === "int8" ? "f16" as const : model.format };
  if (!model.ensemble) {
    const trained = rows.training.rows;
    return { vae: await continueNetwork(vae, model, rows, options), parts, trained };
  }
  const { seed = 0 } = options, { onProgress, ...given } = optionsFor("training", options);
  const members = model.ensemble.parts.reduce((sum, { spec }) => sum + spec.members, 0);
  const request = {
    cells: rows.training,
    seed,
    device: vae.onHost.device,
    fitOptions: (count: number, member: number) => ({
      ...updateTraining(count),
      ...given,
      onProgress: onProgress && progressOverMembers(onProgress, member, members),
    }),
  };
  const { ensemble } = model;
  const updated = await withPauses(
    options.signal,
    (pause) => updateEnsemble(ensemble, { ...request, pause }),
  );
  return { vae: updated.vae, parts: { ...parts, ensemble: updated.model }, trained: updated.rows };
}

async function continueNetwork(
  before: TrainedVae,
  { schema, expansion, standardization }: TableModel,
  { cells, training }: { readonly cells: Cells; readonly training: Cells },
  options: PartialFitOptions,
): Promise<VAE> {
  const expanded = expansion.expand(cells), { spec } = before;
  if (!spec.missing) requireWhole(cells, schema);
  requireData(spec, expanded.data, { nameOf: (d) => schema[expansion.owner[d]].name });
  const rows = standardize(expansion.expand(training), standardization);
  const vae = new VAE(spec, valuesOf(before.parameters()), before.onHost.device);
  try {
    const least = minVariances(schema, expansion, standardization);
    const given = { ...optionsFor("training", options), seed: options.seed ?? 0 };
    await trainNetwork(vae, rows, { ...updateTraining(training.rows), ...given }, least);
    return vae;
  } catch (error) {
    vae.dispose();
    throw error;
  }
}

/** @throws RowError naming the row and column of a missing cell */
function requireWhole({ data }: Cells, schema: readonly ColumnSchema[]): void {
  const cell = data.findIndex(Number.isNaN);
  if (cell < 0) return;
  const row = Math.floor(cell / schema.length) + 1, column = schema[cell % schema.length].name;
  const fault = "expected a value, got none: the model was trained on whole rows";
  throw new RowError(fault, row, column);
}
