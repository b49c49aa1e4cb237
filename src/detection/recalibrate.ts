/**
 * Recalibrates a trained detector on new normal rows: its scores stay the same, their p-values change.
 *
 * The new rows are assumed to be normal. The result reports how many of them the old calibration flags, and the
 * probability of that many if nothing had changed. A row is flagged if fewer than k of n calibration scores reach its
 * own, so at least f of m rows are flagged if fewer than k of the highest k - 1 + f of all n + m scores are calibration
 * scores:
 *
 *   P(flagged ≥ f) = P(H ≤ k - 1),  H hypergeometric: n marked of n + m, k - 1 + f drawn
 *
 * This is beta-binomial, because the true rate of a threshold is not α but Beta(k, n + 1 - k) distributed. It is exact
 * for distinct scores, and lower if scores are tied. A small probability means that normal rows have changed, or that
 * the new rows are not normal.
 */
import { renumberingRows } from "../trained/renumber.ts";
import { exceedanceProbability } from "../core/probability/hypergeometric.ts";
import type { Calibration } from "../scoring/decisions/calibration.ts";
import { type Cells, rowBlocks } from "../scoring/table/cells.ts";
import type { TableModel, TableScorer } from "../scoring/table_scorer.ts";
import { calibrated, evenlySpaced, MIN_ROWS } from "./calibrate.ts";
import { type SampledCells, sampleWarnings } from "./rows/sample_warnings.ts";
import { withoutCopies } from "./rows/copies.ts";
import { sketchColumns } from "./drift/sketch.ts";

/** Result of a recalibration. */
export interface Recalibration {
  /** Number of rows that now calibrate. */
  readonly rows: number;
  /** The score above which rows are flagged, nats. */
  readonly thresholds: readonly [before: number, now: number];
  /** The old rate, or the lowest that the new rows can guarantee. */
  readonly falseAlarmRate: number;
  /** Number of new rows that were scored with the old calibration. */
  readonly scored: number;
  /** How many of them it flags. */
  readonly flaggedBefore: number;
  /**
   * The probability of at least that many, if the rows were like the old ones; absent for a series, whose rows depend
   * on each other.
   */
  readonly chance?: number;
}

/** A recalibrated model. */
export interface Recalibrated {
  readonly model: TableModel;
  readonly recalibration: Recalibration;
  /** The rows that calibrate, without copies; absent for a series. */
  readonly heldOut?: Cells;
}

/** @throws RangeError for fewer than ten rows */
export function recalibrated(
  scorer: TableScorer,
  rows: SampledCells,
): Recalibrated {
  if (rows.rows < MIN_ROWS) {
    throw new RangeError(
      `Cannot recalibrate: needs at least ${MIN_ROWS} rows, got ${rows.rows}`,
    );
  }
  const model = scorer.table, columns = model.schema.length;
  const { cells, warnings } = withoutCopies(rows, columns);
  const scores = scoresOf(scorer, cells), { typical, costs } = model;
  const table = {
    ...model,
    falseAlarmRate: scorer.falseAlarmRate,
    sketch: sketchColumns(cells, model.schema),
    calibrationWarnings: [...sampleWarnings(rows, undefined, "calibrate"), ...warnings],
  };
  const next = calibrated(table, { scores: evenlySpaced(scores), typical, costs });
  return { ...recalibratedTo(next, scorer, flaggedOf(scorer, scores)), heldOut: cells };
}

/**
 * The model of a scorer with a new calibration, and what that changes.
 * @param flagged how many of the new rows the old calibration flags
 */
export function recalibratedTo(
  model: TableModel,
  scorer: TableScorer,
  flagged: Pick<Recalibration, "scored" | "flaggedBefore" | "chance">,
): Recalibrated {
  const { calibration, falseAlarmRate } = model, { scores } = calibration;
  const thresholds = [scorer.threshold, calibration.threshold(falseAlarmRate)] as const;
  return { model, recalibration: { rows: scores.length, thresholds, falseAlarmRate, ...flagged } };
}

/** The scores of a table that may be long. */
function scoresOf(scorer: TableScorer, cells: Cells): Float64Array {
  const scores = new Float64Array(cells.rows);
  for (const { first, block } of rowBlocks(cells, scorer.columns.length)) {
    scores.set(renumberingRows(first, () => scorer.scoreCells(block)).scores, first);
  }
  return scores;
}

/** How many rows a detector currently flags, and the probability of at least that many. */
export function flaggedOf(
  scorer: TableScorer,
  scores: Float64Array,
): Pick<Required<Recalibration>, "scored" | "flaggedBefore" | "chance"> {
  const { calibration, falseAlarmRate } = scorer;
  const isFlagged = (score: number) => scorer.isAnomaly(calibration.pValue(score));
  const flaggedBefore = scores.filter(isFlagged).length;
  return {
    scored: scores.length,
    flaggedBefore,
    chance: chanceOf(flaggedBefore, scores.length, calibration, falseAlarmRate),
  };
}

/** P(flagged ≥ f) for m rows like the calibration rows. */
export function chanceOf(
  flagged: number,
  rows: number,
  calibration: Calibration,
  falseAlarmRate: number,
): number {
  const allowed = calibration.allowed(falseAlarmRate);
  return exceedanceProbability(calibration.scores.length, allowed, rows, flagged);
}
