/**
 * Turns the output of a `RowScorer` into calibrated scores: adds the cost of impossible cells, relates contributions to
 * those of a typical row, and converts windows of a series to steps.
 */
import { requireFiniteScore } from "../trained/finite.ts";
import { subtractTypical } from "./contributions.ts";
import { ScoredCells, type ScoreTable } from "./row_score.ts";
import type { RowScorer } from "./row_scorer.ts";
import { type Scored, scoreSteps } from "./series/steps.ts";
import type { Cells } from "./table/cells.ts";
import { addImpossibleCosts } from "./table/impossible.ts";
import type { TableModel } from "./table_model.ts";

/** Scores the rows of a table, or the steps of a series in order. */
export function scoreCells(scorer: RowScorer, model: TableModel, cells: Cells): ScoreTable {
  const { calibration, typical, window, schema: { length: columns } } = model;
  const scoreRows = (rows: Cells): Scored => {
    const { scores, raw: contributions } = scorer.scoreCells(rows);
    for (let r = 0, at = 0; r < rows.rows; r++, at += columns) {
      scores[r] += addImpossibleCosts(rows.data, model, contributions, at);
    }
    subtractTypical(contributions, typical);
    return { scores, contributions };
  };
  const { scores, contributions } = window === undefined
    ? scoreRows(cells)
    : scoreSteps(cells, { columns, window }, scoreRows);
  return new ScoredCells(scores, contributions, calibration);
}

/**
 * Scores one row, or window, without allocating if no cell is missing.
 * @param raw receives its contributions
 * @param out receives score, p-value and contributions, as far as its length allows
 * @throws RangeError if the score is not finite
 */
export function scoreRowInto(
  scorer: RowScorer,
  model: TableModel,
  row: ArrayLike<number>,
  raw: Float64Array,
  out: Float32Array | Float64Array,
): void {
  const { calibration, typical } = model, width = typical.length;
  const score = scorer.scoreRow(row, raw) + addImpossibleCosts(row, model, raw);
  requireFiniteScore(score);
  out[0] = score;
  if (out.length > 1) out[1] = calibration.pValue(score);
  if (out.length <= 2) return;
  subtractTypical(raw, typical);
  for (let c = 0; c < width && c + 2 < out.length; c++) out[c + 2] = raw[c];
}
