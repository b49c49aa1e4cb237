/**
 * Calibrates a fitted model on the scores of held-out rows. A series has two calibrations: one of its steps, each
 * scored by the mean over the windows that contain it, and for streams one of its windows.
 */
import { Calibration } from "../scoring/decisions/calibration.ts";
import { rawScores, typicalContributions } from "../scoring/contributions.ts";
import { Ensemble, type EnsembleModel } from "../scoring/ensemble/ensemble.ts";
import { stepMeans } from "../scoring/series/windows.ts";
import { costsOf } from "../trained/calls/completion.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { addImpossibleCosts } from "../scoring/table/impossible.ts";
import { standardize } from "../scoring/table/standardize.ts";
import type { TableModel } from "../scoring/table_model.ts";
import type { VAE } from "../training/vae.ts";
import { runsPerStepOf } from "./series/alarms_per_day.ts";
import { farStepWarnings, fewWindowWarnings } from "./series/threshold_warnings.ts";
import { MAX_CALIBRATION_ROWS } from "./rows/split.ts";
import { typicalCosts } from "./typical_costs.ts";

/** The fewest rows that can be split, or calibrated on. */
export const MIN_ROWS = 10;

/** A fitted model before its calibration. */
type Uncalibrated = Omit<TableModel, "calibration" | "typical">;

/** Scores of held-out rows, in their order, and what comes with them into a model. */
export type HeldOutScores =
  & { readonly scores: Float64Array }
  & Pick<TableModel, "typical" | "costs">;

/**
 * Scores held-out rows, to calibrate the model on them.
 * @param heldOutCosts what each costs in addition: `columns/impossible_costs.ts`
 */
export function heldOutScores(
  vae: VAE,
  table: Uncalibrated,
  cells: Cells,
  heldOutCosts?: Float64Array,
): HeldOutScores {
  const { ensemble } = table;
  const scored = ensemble ? ensembleScores(vae, ensemble, cells) : networkScores(vae, table, cells);
  scored.scores.forEach((_, r) => {
    scored.scores[r] += addImpossibleCosts(cells.data, table, scored.raw, r * table.schema.length);
    if (heldOutCosts) scored.scores[r] += heldOutCosts[r];
  });
  return scored;
}

/** Adds the calibration by these scores to a model; for a series, the scores of the windows of each block. */
export function calibrated(
  table: Uncalibrated,
  { scores, typical, costs }: HeldOutScores,
  calibrationWindows: readonly number[] = [],
): TableModel {
  const { window } = table;
  const rowCalibration = new Calibration(window === undefined ? scores : evenlySpaced(scores));
  const blocks = window === undefined ? [] : scoresOfSteps(scores, calibrationWindows, window);
  const stepScores = Float64Array.from(blocks.flatMap((block) => [...block]));
  const calibration = window === undefined
    ? rowCalibration
    : new Calibration(evenlySpaced(stepScores));
  const { falseAlarmRate, warnings } = attainableRate(table.falseAlarmRate, calibration);
  const seriesWarnings = window === undefined ? [] : [
    ...fewWindowWarnings(calibrationWindows, window, falseAlarmRate),
    ...farStepWarnings(calibration.scores, falseAlarmRate),
  ];
  return {
    ...table,
    calibration,
    typical,
    ...(costs && { costs }),
    falseAlarmRate,
    calibrationWarnings: [...table.calibrationWarnings, ...warnings, ...seriesWarnings],
    ...(window !== undefined && {
      streamCalibration: rowCalibration,
      runsPerStep: runsPerStepOf(blocks, window, calibration.threshold(falseAlarmRate)),
    }),
  };
}

/** The requested false-alarm rate, or the lowest that the calibration can guarantee, with a warning. */
export function attainableRate(
  requested: number,
  { resolution, scores, finest }: Pick<Calibration, "resolution" | "scores" | "finest">,
): { readonly falseAlarmRate: number; readonly warnings: readonly string[] } {
  if (requested >= resolution) return { falseAlarmRate: requested, warnings: [] };
  const warning = `${scores.length} calibration rows allow no false-alarm rate below ${finest}`;
  return { falseAlarmRate: resolution, warnings: [warning] };
}

/** The scores of the steps of each block, from those of its windows. */
function scoresOfSteps(
  windows: Float64Array,
  calibrationWindows: readonly number[],
  window: number,
): Float64Array[] {
  let end = 0;
  return calibrationWindows.map((count) =>
    stepMeans(windows.subarray(end, end += count), 1, window)
  );
}

/**
 * At most `MAX_CALIBRATION_ROWS` of the scores, evenly spaced, so that the selection does not depend on their values.
 */
export function evenlySpaced(scores: Float64Array): Float64Array {
  const count = Math.min(scores.length, MAX_CALIBRATION_ROWS);
  return Float64Array.from(
    { length: count },
    (_, i) => scores[Math.floor(i * scores.length / count)],
  );
}

function ensembleScores(vae: VAE, model: EnsembleModel, cells: Cells) {
  const ensemble = new Ensemble(model, vae.onHost.machine);
  const { scores, raw } = ensemble.scoreCells(cells);
  ensemble.dispose();
  return { scores, raw, typical: typicalContributions(cells, raw) };
}

function networkScores(
  vae: VAE,
  { expansion, standardization }: Pick<TableModel, "expansion" | "standardization">,
  cells: Cells,
) {
  const costs = costsOf(vae, standardize(expansion.expand(cells), standardization));
  const missingCosts = typicalCosts(vae, cells, costs, expansion);
  return {
    ...rawScores(cells, costs, expansion, missingCosts.costs ?? missingCosts.typical),
    ...missingCosts,
  };
}
