/**
 * Recalibrates a model of a series on new steps that are normal: its scores stay the same, their p-values change. The
 * new steps were not trained on, like the blocks that calibrate a fit. Steps depend on each other, so it is not known
 * how likely it was that the old calibration flags as many of them as it does.
 */
import type { TableScorer } from "../../scoring/table_scorer.ts";
import { calibrated } from "../calibrate.ts";
import { sketchColumns } from "../drift/sketch.ts";
import { type Recalibrated, recalibratedTo } from "../recalibrate.ts";
import { type SampledCells, sampleWarnings } from "../rows/sample_warnings.ts";
import { presentSteps, type Steps, stretchesOf } from "./stretches.ts";

/** Windows that the steps must fill, as in a fit. */
const MIN_WINDOWS = 4;

/** @throws RangeError for too few steps */
export function recalibratedSeries(
  scorer: TableScorer,
  steps: SampledCells,
): Recalibrated {
  const model = scorer.table, { window = 0, schema, typical, costs } = model;
  const minSteps = MIN_WINDOWS * window, { missing = 0 } = steps;
  const present = presentSteps(steps, schema.length);
  if (present < minSteps) {
    throw new RangeError(
      `Cannot recalibrate: needs at least ${minSteps} rows, ${MIN_WINDOWS} windows, got ${present}`,
    );
  }
  const { pValues } = scorer.scoreCells(steps);
  const blocks = stretchesOf(steps, schema.length, window).map((each) =>
    windowScores(scorer, steps, each)
  );
  const scores = Float64Array.from(blocks.flatMap((block) => [...block]));
  const table = {
    ...model,
    falseAlarmRate: scorer.falseAlarmRate,
    sketch: sketchColumns(steps, schema, steps, missing),
    calibrationWarnings: sampleWarnings(steps, window, "calibrate"),
  };
  const flaggedBefore = pValues.filter((pValue) => scorer.isAnomaly(pValue)).length;
  const lengths = blocks.map(({ length }) => length);
  const next = calibrated(table, { scores, typical, costs }, lengths);
  return recalibratedTo(next, scorer, { scored: steps.rows - missing, flaggedBefore });
}

/** The scores of the windows of a stretch. */
function windowScores(scorer: TableScorer, { data }: SampledCells, stretch: Steps): Float64Array {
  const width = scorer.columns.length, stream = scorer.stream();
  const scores: number[] = [];
  for (let t = stretch.first; t < stretch.end; t++) {
    const verdict = stream.push(data.subarray(t * width, (t + 1) * width));
    if (verdict) scores.push(verdict.score);
  }
  return Float64Array.from(scores);
}
