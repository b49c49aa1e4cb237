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
import { farStepSentences, fewWindowSentences } from "./series/yardstick.ts";
import { MAX_CALIBRATION_ROWS, type Split } from "./split.ts";
import { usualOf } from "./usual.ts";

/** The fewest rows that can be split, or calibrated on. */
export const MIN_ROWS = 10;

/** Scores the held-out rows and calibrates the model on them. */
export function calibrate(
  vae: VAE,
  table: Omit<TableModel, "calibration" | "typical">,
  { calibration: cells, stretches = [] }: Split,
): TableModel {
  const { ensemble } = table;
  const known = ensemble ? scoresOfMany(vae, ensemble, cells) : scoresOfOne(vae, table, cells);
  known.scores.forEach((_, r) => {
    known.scores[r] += addImpossibleCosts(cells.data, table, known.raw, r * table.schema.length);
  });
  return calibrated(table, known, stretches);
}

/** Adds the calibration by these scores to a model; for a series, the scores of the windows of each stretch. */
export function calibrated(
  table: Omit<TableModel, "calibration" | "typical">,
  { scores, typical, costs }:
    & { readonly scores: Float64Array }
    & Pick<TableModel, "typical" | "costs">,
  stretches: readonly number[],
): TableModel {
  const { window } = table;
  const single = new Calibration(window === undefined ? scores : evenly(scores));
  const calibration = window === undefined ? single : ofSteps(scores, stretches, window);
  const model = {
    ...table,
    calibration,
    typical,
    ...(costs && { costs }),
    ...keepable(table, calibration),
  };
  if (window === undefined) return model;
  const found = [
    ...fewWindowSentences(stretches, window, model.falseAlarmRate),
    ...farStepSentences(calibration.scores, model.falseAlarmRate),
  ];
  return { ...model, warnings: [...model.warnings, ...found], streamCalibration: single };
}

/** The requested false-alarm rate, or the lowest that the calibration can guarantee, with a warning. */
export function keepable(
  { falseAlarmRate, warnings }: Pick<TableModel, "falseAlarmRate" | "warnings">,
  calibration: Calibration,
): Pick<TableModel, "falseAlarmRate" | "warnings"> {
  const finest = calibration.resolution;
  if (falseAlarmRate >= finest) return { falseAlarmRate, warnings };
  return { falseAlarmRate: finest, warnings: [...warnings, coarseness(calibration)] };
}

/** The warning for a calibration that cannot guarantee the requested rate. */
export function coarseness({ scores, finest }: Calibration): string {
  return `${scores.length} calibration rows allow no false-alarm rate below ${finest}`;
}

/** Calibrates on the steps of each stretch, from the scores of its windows. */
function ofSteps(
  windows: Float64Array,
  stretches: readonly number[],
  window: number,
): Calibration {
  let end = 0;
  const scores = stretches.map((count) =>
    stepMeans(windows.subarray(end, end += count), 1, window)
  );
  return new Calibration(evenly(Float64Array.from(scores.flatMap((part) => [...part]))));
}

/**
 * At most `MAX_CALIBRATION_ROWS` of the scores, evenly spaced, so that the selection does not depend on their values.
 */
export function evenly(scores: Float64Array): Float64Array {
  const most = Math.min(scores.length, MAX_CALIBRATION_ROWS);
  return Float64Array.from(
    { length: most },
    (_, i) => scores[Math.floor(i * scores.length / most)],
  );
}

function scoresOfMany(vae: VAE, model: EnsembleModel, cells: Cells) {
  const ensemble = new Ensemble(model, vae.onHost.machine);
  const { scores, raw } = ensemble.scoreCells(cells);
  ensemble.dispose();
  return { scores, raw, typical: typicalContributions(cells, raw) };
}

function scoresOfOne(
  vae: VAE,
  { expansion, standardization }: Pick<TableModel, "expansion" | "standardization">,
  cells: Cells,
) {
  const costs = costsOf(vae, standardize(expansion.expand(cells), standardization));
  const usual = usualOf(vae, cells, costs, expansion);
  return { ...rawScores(cells, costs, expansion, usual.costs ?? usual.typical), ...usual };
}
