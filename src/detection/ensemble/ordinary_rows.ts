/**
 * Selects the ordinary rows of a table that may contain anomalies. A fit to all rows also learns the anomalies: they
 * bias regressions, are each other's neighbours, and form the tail that new anomalies are measured against. So the most
 * unusual share is left out and the rest fitted, as in least trimmed squares and the minimum covariance determinant
 * (Rousseeuw, "Least median of squares regression", 1984).
 *
 *   score = mean of the two largest surprisals of: regression, norm, half-scaled distance, each in both
 *   views, each from models that have not seen the row
 *
 * These are the statistics of the default detector without its networks, which would take as long as the fit itself.
 * Rare levels of a column are never dropped altogether (`select_ordinary.ts`). Calibration rows must not be selected
 * this way: rows that were selected by score say nothing about future scores.
 */
import { permutation } from "../../core/random/permutation.ts";
import { STREAMS } from "../../core/random/streams.ts";
import { surprisalAt, surprisalOf } from "../../scoring/ensemble/surprisal.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { CurveReader } from "../../scoring/views/curve.ts";
import { project } from "../../scoring/views/projector.ts";
import type { Steps } from "../../trained/steps.ts";
import { takeCells } from "../../scoring/table/take_cells.ts";
import { fitViews } from "./fit_views.ts";
import { selectOrdinary } from "./select_ordinary.ts";
import { CovarianceSums } from "./linear.ts";
import { imputed, linearOutOfFold, normsOf } from "./out_of_fold.ts";
import { halfScaledDistances } from "./reference_distances.ts";

/** Scoring further rows takes longer and improves nothing. */
const MAX_CANDIDATES = 24_000;

const REFERENCES = 1024, FOLDS = 2;

/** @param share share of the rows that is left out, 0 to 0.5 */
export function* ordinaryRows(
  cells: Cells,
  schema: readonly ColumnSchema[],
  { share, seed }: { readonly share: number; readonly seed: number },
): Steps<Cells> {
  const columns = schema.length;
  const order = permutation(cells.rows, seed, 2, STREAMS.ensemble).subarray(0, MAX_CANDIDATES);
  const candidates = takeCells(cells, columns, order.slice().sort());
  const anomalyScores = yield* anomalyScoresOf(candidates, schema, seed);
  const kept = Math.max(1, Math.round(candidates.rows * (1 - share)));
  const ranked = Uint32Array.from(anomalyScores, (_, r) => r)
    .sort((a, b) => anomalyScores[a] - anomalyScores[b] || a - b);
  return takeCells(candidates, columns, selectOrdinary(candidates, schema, ranked, kept));
}

/** The anomaly score of every row, nats. */
function* anomalyScoresOf(
  cells: Cells,
  schema: readonly ColumnSchema[],
  seed: number,
): Steps<Float64Array> {
  const { rows } = cells;
  const order = permutation(rows, seed, 3, STREAMS.ensemble);
  const folds = Array.from(
    { length: Math.min(FOLDS, rows) },
    (_, m) => order.filter((_, i) => i % FOLDS === m).sort(),
  );
  const references = order.slice(0, REFERENCES).sort();
  const largest = new Float64Array(rows), second = new Float64Array(rows);
  const addStatistic = (statistic: Float64Array) => {
    const curve = new CurveReader(surprisalOf(statistic));
    statistic.forEach((value, r) => {
      const nats = surprisalAt(curve, value);
      if (nats > largest[r]) [largest[r], second[r]] = [nats, largest[r]];
      else if (nats > second[r]) second[r] = nats;
    });
  };
  for (const view of fitViews(cells, schema)) {
    const projection = yield* imputed(project(view, cells, schema.length));
    const moments = new CovarianceSums(view.features.length);
    for (const fold of folds) yield* moments.adding(projection.x, fold);
    addStatistic(yield* linearOutOfFold(projection, folds, moments));
    addStatistic(normsOf(projection));
    addStatistic(halfScaledDistances(projection.x, references));
  }
  return largest.map((value, r) => (value + second[r]) / 2);
}
