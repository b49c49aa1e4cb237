/**
 * Explains the scores of rows: the columns to blame, with their values and the values expected given the row's other
 * cells. Separate from `TableScorer`, so that scoring alone does not include it.
 *
 * The contributions are those of the score, or conditional ones: a column is credited with what it adds beyond what the
 * others explain, so neither of two columns that normally change together is blamed when they do:
 *
 *   contribution_c = score · T_c / Σ T,  T_c the conditional term of column c (`conditional.ts`)
 *
 * These also sum to the score.
 */
import { memoize } from "../../core/memoize.ts";
import { requireNumber, requireObject } from "../../core/validate.ts";
import { addImpossibleCosts } from "../table/impossible.ts";
import type { ColumnSchema } from "../table/schema.ts";
import type { Cells } from "../table/cells.ts";
import { SKETCH_WIDTH, type TableModel } from "../table_model.ts";
import type { ScoreTable, TableScorer } from "../table_scorer.ts";
import { RegressionExpectations } from "./regression_expectations.ts";
import { NetworkExpectations } from "./network_expectations.ts";
import { SeriesExpectations } from "./series_expectations.ts";
import { type BlamedColumn, blamedColumn } from "./blamed_column.ts";
import type { CellExpectation, ExpectationModel } from "./expectation.ts";

/** Options of explanations. */
export interface ExplainOptions {
  /** Maximum number of columns to blame. Default: 3. */
  readonly columns?: number;
  /** The share of ordinary cells that lie within their interval. Default: 0.95. */
  readonly level?: number;
  /** Whether contributions are conditional. Default: false. */
  readonly conditional?: boolean;
}

/** Columns to blame of some rows, the same number for each; -1 for none. */
export interface Blame {
  readonly columns: Int32Array;
  readonly expectations: readonly CellExpectation[];
}

/** Maximum number of columns to explain. */
export const MAX_BLAMED = 100;

/** @throws TypeError or RangeError naming the option that cannot be used */
export function requireExplainOptions(value: ExplainOptions): Required<ExplainOptions> {
  const fields = requireObject("explain options", value, ["columns", "level", "conditional"]);
  const { columns = 3, level = 0.95, conditional = false } = fields;
  if (typeof conditional !== "boolean") {
    throw new TypeError(
      `Cannot read conditional: expected true or false, got ${String(conditional)}`,
    );
  }
  return {
    columns: requireNumber("columns", columns, { min: 1, max: MAX_BLAMED, integer: true }),
    level: requireNumber("level", level, { min: 0.5, max: 0.999 }),
    conditional,
  };
}

/** Explains the scores of a model. */
export class Explainer {
  readonly #table: TableModel;
  readonly #schema: readonly ColumnSchema[];
  readonly #expectations: ExpectationModel;

  /** @throws TypeError if the model cannot predict cells */
  constructor(scorer: TableScorer) {
    this.#table = scorer.table;
    this.#schema = scorer.schema;
    this.#expectations = expectationModelOf(scorer);
  }

  /**
   * Conditional contributions, `[rows, columns]`. Costs of impossible cells stay with their columns; the rest of the
   * score is distributed.
   */
  conditional(cells: Cells, scores: Float64Array): Float64Array {
    const width = this.#schema.length, terms = this.#expectations.shares(cells);
    const impossible = new Float64Array(cells.data.length);
    for (let r = 0; r < cells.rows; r++) {
      const first = r * width, rowTerms = terms.subarray(first, first + width);
      const rest = scores[r] - addImpossibleCosts(cells.data, this.#table, impossible, first);
      const sum = rowTerms.reduce((total, term) => total + term, 0);
      rowTerms.forEach((term, c) =>
        rowTerms[c] = impossible[first + c] + rest * (sum > 0 ? term / sum : 1 / width)
      );
    }
    return terms;
  }

  /**
   * The columns to blame, and their expectations.
   * @param isWanted which rows; by default all
   */
  blame(
    cells: Cells,
    contributions: Float64Array,
    { columns, level }: Required<ExplainOptions>,
    isWanted: (row: number) => boolean = () => true,
  ): Blame {
    const width = this.#schema.length, perRow = Math.min(columns, width);
    const blamed = new Int32Array(cells.rows * perRow).fill(-1);
    for (let r = 0; r < cells.rows; r++) {
      if (!isWanted(r)) continue;
      const nats = contributions.subarray(r * width, (r + 1) * width);
      const order = [...nats.keys()].filter((c) => nats[c] > 0).sort((a, b) => nats[b] - nats[a]);
      blamed.set(order.slice(0, perRow), r * perRow);
    }
    return { columns: blamed, expectations: this.#expectations.expect(cells, blamed, level) };
  }

  /** The columns to blame of row `r`, in readable form. */
  describe({ data, rows }: Cells, contributions: Float64Array, blame: Blame, r: number) {
    const width = this.#schema.length, perRow = blame.columns.length / Math.max(1, rows);
    const blamed: BlamedColumn[] = [];
    for (let k = r * perRow; k < (r + 1) * perRow && blame.columns[k] >= 0; k++) {
      const c = blame.columns[k], at = r * width + c;
      const nats = contributions[at];
      blamed.push(blamedColumn(this.#schema[c], nats, data[at], blame.expectations[k]));
    }
    return blamed;
  }
}

/** By table: an update or a new calibration gives a detector another one, and the old explainer no longer holds. */
const explainerOfTable = memoize((_table: TableModel) => {
  let explainer: Explainer | undefined;
  return (scorer: TableScorer) => explainer ??= new Explainer(scorer);
});

/**
 * The explainer of a model, cached.
 * @throws TypeError if the model cannot predict cells
 */
export const explainerOf = (scorer: TableScorer): Explainer =>
  explainerOfTable(scorer.table)(scorer);

function expectationModelOf({ vae, table }: TableScorer): ExpectationModel {
  const { ensemble, schema, window, sketch } = table;
  if (window !== undefined) return new SeriesExpectations(vae, table, window);
  if (!ensemble) return new NetworkExpectations(vae, table);
  const missing = schema.map((_, c) => sketch?.data[c * SKETCH_WIDTH] ?? 0);
  return new RegressionExpectations(ensemble, schema, missing);
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
