/**
 * Explains the verdict on the newest step of a stream, by the window that ends with it: what followed a step is not
 * known when it is scored, so expectations are less certain than those of `explain`.
 */
import type { SeriesStream, StepVerdict } from "../series/series_stream.ts";
import type { TableScorer } from "../table_scorer.ts";
import type { BlamedColumn } from "./blamed_column.ts";
import { explainerOf } from "./explain.ts";
import { type ExplainOptions, requireExplainOptions } from "./explainer.ts";

/** Why the newest step has its score. */
export interface StepExplanation {
  /** Nats by column, in order; they sum to the score. */
  readonly contributions: Float64Array;
  /** The columns to blame, most blamed first. */
  readonly blamed: readonly BlamedColumn[];
}

/**
 * @param verdict what the last `push` to the stream gave
 * @throws TypeError or RangeError if the options, or the model, cannot be used
 */
export function explainNewest(
  scorer: TableScorer,
  stream: SeriesStream,
  verdict: Pick<StepVerdict, "score" | "contributions">,
  options: ExplainOptions = {},
): StepExplanation {
  const settings = requireExplainOptions(options), explainer = explainerOf(scorer);
  const columns = scorer.columns.length, data = stream.newestWindow, rows = data.length / columns;
  const cells = { data, rows }, newest = rows - 1, all = new Float64Array(data.length);
  const contributions = settings.conditional
    ? explainer.conditional(cells, new Float64Array(rows).fill(verdict.score))
      .slice(newest * columns)
    : verdict.contributions.slice();
  all.set(contributions, newest * columns);
  const blame = explainer.blame(cells, all, settings, (row) => row === newest);
  return { contributions, blamed: explainer.describe(cells, all, blame, newest) };
}
