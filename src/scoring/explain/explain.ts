/** Scores and explains the rows of a table, or the steps of a series. */
import { isLinear } from "../series/is_linear.ts";
import type { Cells } from "../table/cells.ts";
import { rowSchema } from "../table_model.ts";
import type { RowScore, ScoreTable, TableScorer } from "../table_scorer.ts";
import type { BlamedColumn } from "./blamed_column.ts";
import {
  type Explainer,
  explainers,
  type ExplainOptions,
  requireExplainOptions,
  rowExpectations,
  rowExplainerOf,
} from "./explainer.ts";
import { SeriesExpectations } from "./series_expectations.ts";
import { WindowExpectations } from "./window_expectations.ts";

const seriesExplainerOf = explainers((scorer) => {
  const { vae, table } = scorer, { window = 0, schema } = table;
  if (isLinear(scorer)) return new SeriesExpectations(vae, table, window);
  const windowTable = { ...table, schema: rowSchema(schema, window) };
  const model = rowExpectations(vae, windowTable, schema.length);
  return new WindowExpectations(model, { columns: schema.length, window });
});

/** The explainer of a model, cached. */
export function explainerOf(scorer: TableScorer): Explainer {
  return scorer.window === undefined ? rowExplainerOf(scorer) : seriesExplainerOf(scorer);
}

/** Scores of rows with explanations. */
export interface Explained extends Pick<ScoreTable, "scores" | "pValues" | "contributions"> {
  /** The columns to blame of a row, most blamed first. */
  blamed(row: number): BlamedColumn[];
}

/** Scores and explains rows. */
export function explainCells(
  scorer: TableScorer,
  cells: Cells,
  options: ExplainOptions = {},
): Explained {
  const settings = requireExplainOptions(options), explainer = explainerOf(scorer);
  const { scores, pValues, contributions: ownContributions } = scorer.scoreCells(cells);
  const contributions = settings.conditional
    ? explainer.conditional(cells, scores)
    : ownContributions;
  const blame = explainer.blame(cells, contributions, settings);
  const blamed = (row: number) => explainer.describe(cells, contributions, blame, row);
  return { scores, pValues, contributions, blamed };
}

/** The verdict on a row, and why. */
export interface RowExplanation extends RowScore {
  /** The columns to blame, most blamed first. */
  readonly blamed: readonly BlamedColumn[];
}
