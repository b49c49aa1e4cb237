/**
 * Fits a calibrated model to the rows of a table, or the steps of a series.
 *
 * Column kinds are inferred (`infer_schema.ts`) or given: numbers, text, times, with missing cells anywhere. The seed
 * splits the rows: some are held out for calibration (`Calibration`), and the rest train
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
 *   preset "linear"     one linear VAE, fitted exactly, and calibrated by fits that leave out one set of stretches each
 *                       (`series/fit_series.ts`, docs/adr/0031-a-series-is-linear.md)
 */
import type { RawTable } from "../scoring/table/raw_table.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { rowSchema, type TableModel } from "../scoring/table_model.ts";
import type { TableRows } from "../scoring/table/table_rows.ts";
import { TableScorer } from "../scoring/table_scorer.ts";
import { pauser } from "../trained/pauser.ts";
import type { FitReport } from "../training/report.ts";
import type { VAE } from "../training/vae.ts";
import { calibrate } from "./calibrate.ts";
import { readRows, type RowBatches } from "./draw_rows.ts";
import { sketchColumns } from "./drift/sketch.ts";
import { ordinaryRows } from "./ensemble/ordinary_rows.ts";
import { withoutExtremes } from "./extremes.ts";
import { COMPARED_ROWS, trainedWarnings } from "./fit_warnings.ts";
import { impossibleCosts } from "./impossible_costs.ts";
import { type DetectorOptions, leftOut, presetOf, requireOptions } from "./options.ts";
import { fitMany, fitOne } from "./presets.ts";
import { fitLinear } from "./series/fit_linear.ts";
import { trimmedSentences } from "./trimmed_facts.ts";
import { calibrationFraction, type Split, splitRows, splitSeries } from "./split.ts";

/** A fitted and calibrated model. */
export interface FittedTable {
  readonly vae: VAE;
  readonly model: TableModel;
  readonly report: FitReport;
  /** The held-out rows; absent for a series. */
  readonly kept?: Cells;
}

/** @throws TypeError or RangeError naming row and column, or the option, that cannot be used */
export async function fitTable(
  rows: TableRows | RawTable | RowBatches,
  options: DetectorOptions,
): Promise<FittedTable> {
  requireOptions(options);
  const { falseAlarmRate = 0.01, seed = 0, calibration, window } = options;
  const pause = pauser(options.signal),
    { schema, cells, warnings } = await readRows(rows, options);
  await pause();
  if (window !== undefined && presetOf(options) === "linear") {
    return fitLinear({ cells, schema, warnings, window }, options);
  }
  const fraction = calibration ?? calibrationFraction(cells.rows, falseAlarmRate);
  const split = window === undefined
    ? splitRows(cells, schema.length, fraction, seed)
    : splitSeries(cells, schema.length, { window, fraction });
  // The windows of a series spread a fault in one step over many rows, so series have no costs of impossible cells.
  const kinds = window === undefined ? impossibleCosts(cells, schema) : { warnings: [] };
  const { impossible } = kinds;
  const all = window === undefined ? cells : split.training;
  const fit = presetOf(options) === "small" ? fitOne : fitMany;
  const ofRows = rowSchema(schema, window), share = leftOut(options);
  // Calibration rows are not filtered: a selection by score would make the guarantees too optimistic.
  const trained = fit === fitOne
    ? { cells: split.training, warnings: [] }
    : withoutExtremes(split.training, ofRows);
  const training = share > 0 ? ordinaryRows(trained.cells, ofRows, { share, seed }) : trained.cells;
  const left = share > 0 ? trimmedSentences(ofRows, trained.cells, training) : [];
  await pause();
  const sketch = { data: sketchColumns(cells, schema.length), rows: cells.rows };
  await pause();
  const fitted = await fit({ all, training }, ofRows, options);
  const { vae, report, parts } = fitted;
  const said = [...warnings, ...kinds.warnings, ...trained.warnings, ...left];
  const decisions = { falseAlarmRate, warnings: said, sketch, ...(impossible && { impossible }) };
  const table = { schema, ...parts, ...decisions, ...(window && { window }) };
  const model = calibrate(vae, table, split);
  if (window !== undefined) return { vae, model, report };
  const found = fitted.warnings ?? networkWarnings(new TableScorer(vae, model), report, split);
  const warned = { ...model, warnings: [...model.warnings, ...found] };
  return { vae, model: warned, report, kept: split.calibration };
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
  return trainedWarnings(scores, scorer.calibration.scores, units);
}
