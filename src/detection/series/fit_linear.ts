/**
 * Preset "linear": one linear VAE over windows, fitted exactly, and calibrated by fits that leave out one set of
 * blocks each.
 */
import { splitDevice } from "../../trained/device_options.ts";
import type { TableModel } from "../../scoring/table_model.ts";
import type { FitReport } from "../../training/report.ts";
import type { VAE } from "../../training/vae.ts";
import { calibrated } from "../calibrate.ts";
import { sketchColumns } from "../drift/sketch.ts";
import { withoutSpikes } from "../rows/extremes.ts";
import { DEFAULT_RATE, type DetectorOptions } from "../options.ts";
import type { TrainingTable } from "../rows/read_training.ts";
import type { TrainedRows } from "../rows/trained_rows.ts";
import { fitSeries, MAX_WINDOWS, type SeriesRequest } from "./fit_series.ts";

/** @throws RangeError for windows that are too wide, or options out of range */
export function fitLinear(
  { cells: steps, schema, warnings, calibrationWarnings, marks, missing = 0 }: TrainingTable,
  window: number,
  options: DetectorOptions,
): {
  readonly vae: VAE;
  readonly model: TableModel;
  readonly report: FitReport;
  readonly trainedRows: TrainedRows;
} {
  const { falseAlarmRate = DEFAULT_RATE, seed = 0, latent } = options;
  const [device] = splitDevice(options);
  // Spikes do not calibrate either: a spike is in the windows of many steps, and would make such scores look ordinary.
  const { cells, warnings: spikeWarnings } = withoutSpikes(steps, schema);
  const request = { cells, schema, window, seed, device, ...(latent !== undefined && { latent }) };
  const table = { schema, falseAlarmRate, calibrationWarnings, ...marks };
  const described = { ...table, warnings: [...warnings, ...spikeWarnings] };
  const fitted = fitCalibrated(request, described, missing);
  const of = cells.rows - missing;
  const trainedRows = { rows: Math.min(of, MAX_WINDOWS * window), of };
  return { ...fitted, trainedRows };
}

/**
 * Fits, and calibrates on the scores that the blocks have from fits without them.
 * @param missing rows that stand for missing steps
 */
export function fitCalibrated(
  request: SeriesRequest,
  table: Pick<
    TableModel,
    "schema" | "falseAlarmRate" | "warnings" | "calibrationWarnings" | "clock" | "by"
  >,
  missing: number,
): { readonly vae: VAE; readonly model: TableModel; readonly report: FitReport } {
  const { cells, window } = request;
  const { vae, report, parts, missingCosts, heldOutScores } = fitSeries(request);
  const sketch = sketchColumns(cells, table.schema, cells, missing);
  const scores = Float64Array.from(heldOutScores.flatMap((block) => [...block]));
  const calibrationWindows = heldOutScores.map(({ length }) => length);
  const uncalibrated = { ...table, ...parts, window, sketch };
  const model = calibrated(uncalibrated, { scores, ...missingCosts }, calibrationWindows);
  return { vae, model, report };
}
