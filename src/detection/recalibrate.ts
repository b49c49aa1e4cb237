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
import { Calibration } from "../scoring/decisions/calibration.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { TableModel, TableScorer } from "../scoring/table_scorer.ts";
import { attainableRate, evenlySpaced, MIN_ROWS, resolutionWarning } from "./calibrate.ts";
import { isSampleWarning, type SampledCells, sampleWarnings } from "./rows/sample_warnings.ts";
import { type Deduplicated, isRepeatWarning, withoutCopies } from "./rows/copies.ts";
import { sketchColumns } from "./drift/sketch.ts";

/** Rows whose contributions are computed at once. */
const BLOCK_ROWS = 8192;

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

/**
 * @returns also the calibration rows, without copies
 * @throws RangeError for fewer than ten rows
 */
export function recalibrated(
  scorer: TableScorer,
  model: TableModel,
  rows: SampledCells,
): { readonly model: TableModel; readonly recalibration: Recalibration; readonly cells: Cells } {
  if (rows.rows < MIN_ROWS) {
    throw new RangeError(
      `Cannot recalibrate: needs at least ${MIN_ROWS} rows, got ${rows.rows}`,
    );
  }
  const distinct = withoutCopies(rows, model.schema.length), { cells } = distinct;
  const scores = scoresOf(scorer, cells);
  const calibration = new Calibration(evenlySpaced(scores)), { falseAlarmRate } = scorer;
  const flagged = flaggedOf(scorer, scores);
  const { sketch, warnings } = newReference(model, {
    ...distinct,
    warnings: [...sampleWarnings(rows, undefined, "calibrate"), ...distinct.warnings],
  });
  const attainable = attainableRate({ falseAlarmRate, warnings }, calibration);
  return {
    cells,
    model: { ...model, sketch, calibration, ...attainable },
    recalibration: {
      rows: calibration.scores.length,
      thresholds: [scorer.threshold, calibration.threshold(attainable.falseAlarmRate)],
      falseAlarmRate: attainable.falseAlarmRate,
      ...flagged,
    },
  };
}

/** The scores of a table that may be long, in blocks: all contributions would take as much memory as its cells. */
function scoresOf(scorer: TableScorer, { data, rows }: Cells): Float64Array {
  const width = data.length / rows, scores = new Float64Array(rows);
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const end = Math.min(rows, first + BLOCK_ROWS);
    const block = { data: data.subarray(first * width, end * width), rows: end - first };
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

/** What else changes with the calibration: the reference for drift, and the warnings. */
export function newReference(
  { schema, warnings, calibration }: TableModel,
  { cells, warnings: found }: Deduplicated,
): Required<Pick<TableModel, "sketch" | "warnings">> {
  const oldWarning = resolutionWarning(calibration);
  return {
    sketch: { data: sketchColumns(cells, schema.length), rows: cells.rows },
    // Warnings about the old calibration rows no longer apply.
    warnings: [
      ...warnings.filter((each) =>
        each !== oldWarning && !isRepeatWarning(each) && !isSampleWarning(each)
      ),
      ...found,
    ],
  };
}
