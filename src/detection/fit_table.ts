/**
 * Fits a calibrated model to the rows of a table, or the steps of a series.
 *
 * Column kinds are inferred (`columns/infer_schema.ts`) or given: numbers, text, times, with missing cells anywhere.
 * The seed splits the rows: some are held out for calibration (`Calibration`), and the rest train
 *
 *   preset "ensemble"   several networks, regressions and reference rows in two views of the table
 *                       (`ensemble/fit_ensemble.ts`, docs/adr/0020-what-a-detector-is.md); the default
 *   preset "small"      one VAE over standardised columns with learned per-column variance (σ-VAE:
 *                       Rybkin et al., 2021), scored by its negative ELBO
 *
 * An option that applies only to a single network, such as another likelihood, selects "small".
 *
 * With `robust`, for rows that contain anomalies, the stranger half of the training rows is left out
 * (`ensemble/ordinary_rows.ts`, docs/adr/0021-robust-training.md).
 *
 * With `window`, rows are the steps of a series, and the model learns windows of that many steps
 * (docs/adr/0030-series.md), by default by
 *
 *   preset "linear"     one linear VAE, fitted exactly, and calibrated by fits that leave out one set of blocks each
 *                       (`series/fit_series.ts`, docs/adr/0031-a-series-is-linear.md)
 */
import type { RawTable } from "../formats/table.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { ColumnSchema } from "../scoring/table/schema.ts";
import { rowSchema, type TableModel } from "../scoring/table_model.ts";
import type { TableRows } from "../scoring/table/table_rows.ts";
import { TableScorer } from "../scoring/table_scorer.ts";
import { withPauses } from "../trained/pauser.ts";
import { runWithPauses, type Steps } from "../trained/steps.ts";
import type { FitReport } from "../training/report.ts";
import type { VAE } from "../training/vae.ts";
import { calibrated, heldOutScores } from "./calibrate.ts";
import { readRows, type RowBatches } from "./rows/read_rows.ts";
import { sketchColumns } from "./drift/sketch.ts";
import { ordinaryRows } from "./ensemble/ordinary_rows.ts";
import { withoutExtremes } from "./rows/extremes.ts";
import { COMPARED_ROWS, trainedWarnings } from "./warnings/fit_warnings.ts";
import { impossibleCosts, type TableCosts } from "./columns/impossible_costs.ts";
import {
  DEFAULT_RATE,
  type DetectorOptions,
  presetOf,
  requireOptions,
  trimmedShare,
} from "./options.ts";
import type { TrainingTable } from "./rows/read_training.ts";
import { fitEnsemblePreset, fitNetwork } from "./presets.ts";
import { fitLinear } from "./series/fit_linear.ts";
import { trimmingWarnings } from "./warnings/trimming_warnings.ts";
import { calibrationFraction, type Split, splitRows, splitSeries } from "./rows/split.ts";
import { withTrainedLevels } from "./rows/trained_levels.ts";
import type { TrainedRows } from "./rows/trained_rows.ts";
import { unseenLevelWarnings } from "./warnings/unseen_levels.ts";

/** The rows that calibrate, and what each costs in addition to its score (`columns/impossible_costs.ts`). */
export interface HeldOutRows extends Cells {
  readonly costs?: Float64Array;
}

/** A fitted and calibrated model. */
export interface FittedTable {
  readonly vae: VAE;
  readonly model: TableModel;
  readonly report: FitReport;
  readonly trainedRows: TrainedRows;
  /** Absent for a series. */
  readonly heldOut?: HeldOutRows;
}

/** @throws RowError; TypeError or RangeError naming the option that cannot be used */
export async function fitTable(
  rows: TableRows | RawTable | RowBatches,
  options: DetectorOptions,
): Promise<FittedTable> {
  requireOptions(options);
  return await withPauses(options.signal, (pause) => fitRows(rows, options, pause));
}

async function fitRows(
  rows: TableRows | RawTable | RowBatches,
  options: DetectorOptions,
  pause: () => Promise<void>,
): Promise<FittedTable> {
  const { window } = options;
  const read = await readRows(rows, options);
  await pause();
  const isLinear = window !== undefined && presetOf(options) === "linear";
  return isLinear ? fitLinear(read, window, options) : await fitHoldingOut(read, options, pause);
}

/** Fits a preset that trains networks to some of the rows, and calibrates on the others. */
async function fitHoldingOut(
  { cells, ...read }: TrainingTable,
  options: DetectorOptions,
  pause: () => Promise<void>,
): Promise<FittedTable> {
  const { falseAlarmRate = DEFAULT_RATE, window } = options;
  const { schema, split } = splitTable({ schema: read.schema, cells }, options);
  const fit = presetOf(options) === "small" ? fitNetwork : fitEnsemblePreset;
  const costs = costsOf({ schema, cells }, options);
  const heldOutCosts = costs?.heldOutCosts(split.calibration);
  const inputSchema = rowSchema(schema, window);
  const training = await runWithPauses(selected(split.training, inputSchema, options), pause);
  await pause();
  const levelCells = window === undefined ? split.calibration : cells;
  const sketch = sketchColumns(cells, schema, levelCells, read.missing);
  await pause();
  const all = window === undefined ? cells : split.training;
  const fitted = await fit({ all, training: training.cells }, inputSchema, options, pause);
  const { vae, report, parts } = fitted;
  const table = {
    ...{ schema, ...parts, falseAlarmRate, sketch, ...(window && { window }) },
    ...read.marks,
    ...(costs?.impossible && { impossible: costs.impossible }),
    warnings: [...read.warnings, ...costs?.warnings ?? [], ...training.warnings],
    calibrationWarnings: read.calibrationWarnings,
  };
  const heldOut = heldOutScores(vae, table, split.calibration, heldOutCosts);
  const model = calibrated(table, heldOut, split.calibrationWindows);
  if (window !== undefined) {
    const steps = split.calibrationWindows!.reduce((sum, count) => sum + count + window - 1, 0);
    const of = cells.rows - (read.missing ?? 0) - steps;
    return { vae, model, report, trainedRows: { rows: of, of } };
  }
  const ofLevels = unseenLevelWarnings(schema, training.cells, {
    cells: split.calibration,
    scores: heldOut.scores,
    falseAlarmRate,
  });
  const ofFit = fitted.warnings ?? networkWarnings(new TableScorer(vae, model), report, split);
  const warned = {
    ...model,
    warnings: [...model.warnings, ...ofFit],
    calibrationWarnings: [...model.calibrationWarnings, ...ofLevels],
  };
  return {
    ...{ vae, model: warned, report },
    trainedRows: { rows: fitted.rows, of: split.training.rows },
    heldOut: { ...split.calibration, costs: heldOutCosts },
  };
}

/** Holds out rows for calibration; the levels of categories are then those that the others know. */
function splitTable(
  { schema, cells }: Pick<TrainingTable, "schema" | "cells">,
  options: DetectorOptions,
): { readonly schema: readonly ColumnSchema[]; readonly split: Split } {
  const { falseAlarmRate = DEFAULT_RATE, seed = 0, calibration, window } = options;
  const fraction = calibration ?? calibrationFraction(cells.rows, falseAlarmRate);
  if (window !== undefined) {
    return { schema, split: splitSeries(cells, schema.length, { window, fraction }) };
  }
  const split = splitRows(cells, schema.length, fraction, seed);
  return { schema: withTrainedLevels(schema, cells, split, options), split };
}

/** The windows of a series spread a fault in one step over many rows, so series have no costs of impossible cells. */
function costsOf(
  { schema, cells }: Pick<TrainingTable, "schema" | "cells">,
  options: DetectorOptions,
): TableCosts | undefined {
  if (options.window !== undefined) return undefined;
  const { likelihood, schema: overrides = [] } = options;
  const declared = new Set((likelihood ? schema : overrides).map(({ name }) => name));
  return impossibleCosts(cells, schema, {
    ofCategories: presetOf(options) === "small",
    isDeclared: (name) => declared.has(name),
  });
}

/**
 * The training rows without those that an ensemble could not represent, and for `robust` without the most unusual ones.
 * Calibration rows are not selected: a selection by score would make the guarantees too optimistic.
 */
function* selected(
  rows: Cells,
  schema: readonly ColumnSchema[],
  options: DetectorOptions,
): Steps<{ readonly cells: Cells; readonly warnings: readonly string[] }> {
  const { seed = 0 } = options, share = trimmedShare(options);
  const trainable = presetOf(options) === "small"
    ? { cells: rows, warnings: [] }
    : withoutExtremes(rows, schema);
  if (share === 0) return trainable;
  const { cells, warnings } = trainable;
  const kept = yield* ordinaryRows(cells, schema, { share, seed });
  return { cells: kept, warnings: [...warnings, ...trimmingWarnings(schema, cells, kept)] };
}

/**
 * Warnings about a single network. An ensemble scores its training rows lower by construction, and has warnings of its
 * own.
 */
function networkWarnings(scorer: TableScorer, report: FitReport, { training }: Split): string[] {
  const rows = Math.min(COMPARED_ROWS, training.rows);
  const data = training.data.subarray(0, rows * scorer.columns.length);
  const { scores } = scorer.scoreCells({ data, rows });
  const units = report.history.at(-1)?.activeUnits ?? NaN;
  return trainedWarnings(scores, scorer.calibration.scores, units, scorer.columns.length);
}
