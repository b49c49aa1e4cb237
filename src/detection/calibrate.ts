/**
 * What a fitted model's scores mean: those of rows kept back are the standard. Of a series the standard of its steps, the
 * mean over the windows that hold each, and for streams that of its windows.
 */
import { Calibration } from "../scoring/decisions/calibration.ts";
import { rawScores, typicalOf } from "../scoring/contributions.ts";
import { Ensemble, type EnsembleModel } from "../scoring/ensemble/ensemble.ts";
import { stepMeans } from "../scoring/series/windows.ts";
import { costsOf } from "../trained/calls/completion.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { addImpossible } from "../scoring/table/impossible.ts";
import { standardize } from "../scoring/table/standardize.ts";
import type { TableModel } from "../scoring/table_model.ts";
import type { VAE } from "../training/vae.ts";
import { MAX_CALIBRATION_ROWS, type Split } from "./split.ts";

/** The least rows that a calibration can be made of, or split. */
export const MIN_ROWS = 10;

/** Scores the rows that were kept back, and makes them the standard. */
export function calibrate(
  vae: VAE,
  table: Omit<TableModel, "calibration" | "typical">,
  { calibration: cells, stretches = [] }: Split,
): TableModel {
  const { ensemble } = table;
  const known = ensemble ? scoresOfMany(vae, ensemble, cells) : scoresOfOne(vae, table, cells);
  known.scores.forEach((_, r) => {
    known.scores[r] += addImpossible(cells.data, table, known.raw, r * table.schema.length);
  });
  return calibrated(table, known, stretches);
}

/** With the scores that calibrate it, of a series those of the windows of each stretch. */
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
  return window === undefined ? model : { ...model, streamCalibration: single };
}

/** The rate that was asked for, or the finest that the calibration can keep, and a warning. */
export function keepable(
  { falseAlarmRate, warnings }: Pick<TableModel, "falseAlarmRate" | "warnings">,
  calibration: Calibration,
): Pick<TableModel, "falseAlarmRate" | "warnings"> {
  const finest = calibration.resolution;
  if (falseAlarmRate >= finest) return { falseAlarmRate, warnings };
  return { falseAlarmRate: finest, warnings: [...warnings, coarseness(calibration)] };
}

/** What to say where a calibration cannot keep the rate that was asked for. */
export function coarseness({ scores, resolution }: Calibration): string {
  return `${scores.length} calibration rows allow no false-alarm rate below ${
    resolution.toPrecision(3)
  }`;
}

/** Of the steps of each stretch, from the scores of its windows. */
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

/** As many as refine a p-value, evenly over all: which ones does not hang on what they are. */
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
  return { scores, raw, typical: typicalOf(cells, raw) };
}

function scoresOfOne(
  vae: VAE,
  { expansion, standardization }: Pick<TableModel, "expansion" | "standardization">,
  cells: Cells,
) {
  const costs = costsOf(vae, standardize(expansion.expand(cells), standardization));
  const typical = typicalOf(cells, rawScores(cells, costs, expansion).raw);
  if (vae.spec.missing) {
    return { ...rawScores(cells, costs, expansion, typical), typical };
  }
  // Without the KL, a contribution is what the cell costs by itself.
  const kl = { ...costs.kl, data: new Float32Array(costs.kl.data.length) };
  return {
    ...rawScores(cells, costs, expansion),
    typical,
    costs: typicalOf(cells, rawScores(cells, { ...costs, kl }, expansion).raw),
  };
}
