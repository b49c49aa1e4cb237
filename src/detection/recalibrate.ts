/**
 * A new calibration of a trained detector on new normal rows: its scores stay, what they mean changes.
 *
 * The rows are trusted to be normal: their scores become the standard. How many of them the old calibration
 * flags is reported, with the chance of as many if nothing had changed. A row is flagged if fewer than k of n calibration scores
 * reach its own; so f of m rows are if the highest k - 1 + f of all n + m scores hold fewer than k that calibrate:
 *
 *   P(flagged ≥ f) = P(H ≤ k - 1),  H hypergeometric: n marked of n + m, k - 1 + f drawn
 *
 * which is beta-binomial, since the rate that a threshold really has is not α but Beta(k, n + 1 - k). Exact
 * for scores that differ, less than that where scores are equal. A small chance says that normal is no longer what it was, or
 * that the rows are not normal.
 */
import { chanceAbove } from "../core/probability/hypergeometric.ts";
import { Calibration } from "../scoring/decisions/calibration.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { ScoreTable, TableModel, TableScorer } from "../scoring/table_scorer.ts";
import { coarseness, evenly, keepable, MIN_ROWS } from "./calibrate.ts";
import { isOfDraw } from "./drawn_facts.ts";
import { isOfRepeats, type Uncopied, withoutCopies } from "./copies.ts";
import { sketchColumns } from "./drift/sketch.ts";

/** What a recalibration changed. */
export interface Recalibration {
  /** Rows that calibrate now. */
  readonly rows: number;
  /** The score above which rows are flagged, nats. */
  readonly thresholds: readonly [before: number, now: number];
  /** As before, or the finest that the new rows can keep. */
  readonly falseAlarmRate: number;
  /** New rows that the old calibration flags. */
  readonly flaggedBefore: number;
  /** The chance of as many if the rows were like the old ones. */
  readonly chance: number;
}

/**
 * @returns the rows that calibrate as well: copies count once
 * @throws RangeError for fewer than ten rows
 */
export function recalibrated(
  scorer: TableScorer,
  model: TableModel,
  rows: Cells,
): { readonly model: TableModel; readonly recalibration: Recalibration; readonly cells: Cells } {
  if (rows.rows < MIN_ROWS) {
    throw new RangeError(
      `Cannot recalibrate: needs at least ${MIN_ROWS} rows, got ${rows.rows}`,
    );
  }
  const different = withoutCopies(rows, model.schema.length), { cells } = different;
  const scored = scorer.scoreCells(cells);
  const calibration = new Calibration(evenly(scored.scores)), { falseAlarmRate } = scorer;
  const flagged = flaggedOf(scorer, scored), { sketch, warnings } = standard(model, different);
  const kept = keepable({ falseAlarmRate, warnings }, calibration);
  return {
    cells,
    model: { ...model, sketch, calibration, ...kept },
    recalibration: {
      rows: calibration.scores.length,
      thresholds: [scorer.threshold, calibration.threshold(kept.falseAlarmRate)],
      falseAlarmRate: kept.falseAlarmRate,
      ...flagged,
    },
  };
}

/** How many rows a detector flags as it is, and the chance of as many. */
export function flaggedOf(
  scorer: TableScorer,
  { pValues }: ScoreTable,
): Pick<Recalibration, "flaggedBefore" | "chance"> {
  const flaggedBefore = pValues.filter((pValue) => scorer.isAnomaly(pValue)).length;
  const { calibration, falseAlarmRate } = scorer;
  return {
    flaggedBefore,
    chance: chanceOf(flaggedBefore, pValues.length, calibration, falseAlarmRate),
  };
}

/** P(flagged ≥ f) of m rows like those that calibrate. */
export function chanceOf(
  flagged: number,
  rows: number,
  calibration: Calibration,
  falseAlarmRate: number,
): number {
  const allowed = calibration.allowed(falseAlarmRate);
  return chanceAbove(calibration.scores.length, allowed, rows, flagged);
}

/** What goes with a new calibration: what drift is measured from, and what is still to be said. */
export function standard(
  { schema, warnings, calibration }: TableModel,
  { cells, warnings: repeats }: Uncopied,
): Required<Pick<TableModel, "sketch" | "warnings">> {
  const old = coarseness(calibration);
  return {
    sketch: { data: sketchColumns(cells, schema.length), rows: cells.rows },
    // What was said of the old rows holds no longer.
    warnings: [
      ...warnings.filter((each) => each !== old && !isOfRepeats(each) && !isOfDraw(each)),
      ...repeats,
    ],
  };
}
