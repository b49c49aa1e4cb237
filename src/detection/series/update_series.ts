/**
 * Continues a model of a series on new normal steps, without the old ones.
 *
 *   linear     is fitted again, to the new windows and to the old ones as it knows them (`old_windows.ts`), and
 *              calibrated by fits that leave out one set of blocks of the new steps each, as in `fit_series.ts`
 *   networks   continue as those of a table do (`partial_fit.ts`), on windows; whole blocks of the new steps calibrate
 *
 * The units of the columns, the window and the sizes do not change. The false-alarm rate then holds for steps like the
 * new ones, as far as it does for a series.
 */
import { OptionError } from "../../core/option_error.ts";
import { isLinear } from "../../scoring/series/is_linear.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { TableModel } from "../../scoring/table_model.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import { calibrated, heldOutScores } from "../calibrate.ts";
import { sketchColumns } from "../drift/sketch.ts";
import { continueTraining, type PartialFitOptions, type Updated } from "../partial_fit.ts";
import { refuseExtremes, withoutExtremes, withoutSpikes } from "../rows/extremes.ts";
import { namingDrawnRows } from "../rows/read_rows.ts";
import { type SampledCells, sampleWarnings } from "../rows/sample_warnings.ts";
import { refuseSaturated } from "../rows/saturation.ts";
import { calibrationFraction, splitSeries } from "../rows/split.ts";
import { fitCalibrated } from "./fit_linear.ts";
import { oldWindows } from "./old_windows.ts";
import { presentSteps, stretchesOf } from "./stretches.ts";

/** Windows that the steps must fill, as in a fit. */
const MIN_WINDOWS = 4;

type Flagged = Pick<Updated["result"], "scored" | "flaggedBefore">;

/** @throws RangeError for too few steps; TypeError or RangeError naming what cannot be used */
export async function updatedSeries(
  scorer: TableScorer,
  steps: SampledCells,
  options: PartialFitOptions,
): Promise<Updated> {
  const { window = 0, columns } = scorer;
  if (steps.data.length !== steps.rows * columns.length) {
    throw new RangeError(
      `Cannot update detector: rows must have ${columns.length} columns, got ${
        steps.data.length / steps.rows
      }`,
    );
  }
  const present = presentSteps(steps, columns.length);
  if (present < MIN_WINDOWS * window) {
    throw new RangeError(
      `Cannot update detector: needs at least ${
        MIN_WINDOWS * window
      } rows, ${MIN_WINDOWS} windows, got ${present}`,
    );
  }
  const { pValues } = namingDrawnRows(steps, () => scorer.scoreCells(steps));
  const flaggedBefore = pValues.filter((pValue) => scorer.isAnomaly(pValue)).length;
  const { missing = 0 } = steps, flagged = { scored: steps.rows - missing, flaggedBefore };
  return isLinear(scorer)
    ? updatedLinear(scorer, steps, flagged, options)
    : await updatedNetworks(scorer, steps, flagged, options);
}

function updatedLinear(
  scorer: TableScorer,
  steps: SampledCells,
  flagged: Flagged,
  { seed = 0, epochs, calibration }: PartialFitOptions,
): Updated {
  for (const [name, value] of Object.entries({ epochs, calibration })) {
    if (value === undefined) continue;
    throw new OptionError((nameOf) =>
      `Cannot update detector: ${nameOf("preset", "linear")} takes no ${
        nameOf(name)
      }: it is fitted exactly, and calibrated by fits without each part`
    );
  }
  const { table, vae: { onHost: { device } }, schema, falseAlarmRate, window = 0 } = scorer;
  const { cells, warnings } = withoutSpikes(steps, schema), { missing = 0 } = steps;
  namingDrawnRows(
    steps,
    () => refuseSaturated(disjointWindows(cells, window), ofWindows(table), "windows"),
  );
  const present = stretchesOf(cells, schema.length, window)
    .reduce((sum, { first, end }) => sum + end - first, 0);
  const old = oldWindows(scorer.vae, present / window);
  const before = { standardization: table.standardization, old };
  const { vae, model } = fitCalibrated(
    { cells, schema, window, seed, device, latent: old.latent, before },
    {
      ...table,
      falseAlarmRate,
      calibrationWarnings: [...sampleWarnings(steps, window), ...warnings],
    },
    missing,
  );
  const result = {
    trained: cells.rows - missing,
    rows: model.calibration.scores.length,
    ...flagged,
  };
  return { vae, model, result };
}

async function updatedNetworks(
  scorer: TableScorer,
  steps: SampledCells,
  flagged: Flagged,
  options: PartialFitOptions,
): Promise<Updated> {
  const { table, schema, falseAlarmRate, window = 0 } = scorer, { calibration } = options;
  const fraction = calibration ?? calibrationFraction(steps.rows, falseAlarmRate);
  const split = splitSeries(steps, schema.length, { window, fraction });
  const model = ofWindows(table);
  const training = namingDrawnRows(steps, () => trainable(steps, split.training, model));
  const rows = { cells: training, training };
  const { vae, parts } = await continueTraining(scorer.vae, model, rows, options);
  try {
    const { missing = 0 } = steps,
      sketch = sketchColumns(steps, schema, steps, missing),
      calibrationWarnings = sampleWarnings(steps, window);
    const uncalibrated = { ...parts, schema, sketch, calibrationWarnings, falseAlarmRate };
    const heldOut = heldOutScores(vae, uncalibrated, split.calibration);
    const next = calibrated(uncalibrated, heldOut, split.calibrationWindows);
    const calibrating = split.calibrationWindows!.reduce((sum, each) => sum + each + window - 1, 0);
    const result = { trained: steps.rows - missing - calibrating, rows: calibrating, ...flagged };
    return { vae, model: next, result };
  } catch (error) {
    vae.dispose();
    throw error;
  }
}

/** The windows that networks can train on. @throws RangeError for columns that they could not represent */
function trainable(steps: Cells, windows: Cells, model: TableModel): Cells {
  const { schema, ensemble, window = 0 } = model;
  if (!ensemble) refuseExtremes(steps, schema.slice(0, schema.length / window));
  refuseSaturated(disjointWindows(steps, window), model, "windows");
  return ensemble ? withoutExtremes(windows, schema).cells : windows;
}

/** A model of windows as one of rows. */
function ofWindows(table: TableModel): TableModel {
  return { ...table, schema: Array.from({ length: table.window ?? 0 }, () => table.schema).flat() };
}

/** Windows that do not overlap, which are the steps themselves. */
function disjointWindows({ data, rows }: Cells, window: number): Cells {
  const count = Math.floor(rows / window);
  return { data: data.subarray(0, count * window * data.length / rows), rows: count };
}
