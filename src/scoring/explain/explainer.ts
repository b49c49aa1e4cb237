/**
 * Explains the scores of rows: the columns to blame, with their values and the values expected given the row's other
 * cells. Separate from `TableScorer`, so that scoring alone does not include it.
 *
 * The contributions are those of the score, or conditional ones: a column is credited with what it adds beyond what the
 * others explain, so neither of two columns that normally change together is blamed when they do:
 *
 *   contribution_c = score · T_c / Σ T,  T_c the conditional term of column c (`conditional.ts`), or for networks the
 *                                        nats by which the score falls if the column is not known
 *
 * These also sum to the score.
 */
import { memoize } from "../../core/memoize.ts";
import { requireNumber, requireObject } from "../../core/validate.ts";
import { addImpossibleCosts } from "../table/impossible.ts";
import type { ColumnSchema } from "../table/schema.ts";
import type { Cells } from "../table/cells.ts";
import { SKETCH_WIDTH, type TableModel } from "../table_model.ts";
import type { TableScorer } from "../table_scorer.ts";
import type { TrainedVae } from "../../trained/trained_vae.ts";
import { RegressionExpectations } from "./regression_expectations.ts";
import { NetworkExpectations } from "./network_expectations.ts";
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

/** Explains the scores of a model by what its other cells say of a cell. */
export class Explainer {
  readonly #scorer: TableScorer;
  readonly #table: TableModel;
  readonly #schema: readonly ColumnSchema[];
  readonly #expectations: ExpectationModel;

  constructor(scorer: TableScorer, expectations: ExpectationModel) {
    this.#scorer = scorer;
    this.#table = scorer.table;
    this.#schema = scorer.schema;
    this.#expectations = expectations;
  }

  /**
   * Conditional contributions, `[rows, columns]`. Costs of impossible cells stay with their columns; the rest of the
   * score is distributed.
   */
  conditional(cells: Cells, scores: Float64Array): Float64Array {
    const width = this.#schema.length;
    const terms = this.#expectations.shares?.(cells) ?? this.#lossesWithout(cells, scores);
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

  /** How much each score falls if a column's cells are not known; at least 0. */
  #lossesWithout({ data, rows }: Cells, scores: Float64Array): Float64Array {
    const width = this.#schema.length, losses = new Float64Array(data.length);
    for (let c = 0; c < width; c++) {
      const without = data.slice();
      for (let at = c; at < data.length; at += width) without[at] = NaN;
      const { scores: others } = this.#scorer.scoreCells({ data: without, rows });
      for (let r = 0, at = c; r < rows; r++, at += width) {
        losses[at] = Math.max(0, scores[r] - others[r]);
      }
    }
    return losses;
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

/**
 * The explainer of a model, one for each table: an update or a new calibration gives a detector another one, and the
 * old explainer no longer holds.
 */
export function explainers(
  expectationsOf: (scorer: TableScorer) => ExpectationModel,
): (scorer: TableScorer) => Explainer {
  const ofTable = memoize((_table: TableModel) => {
    let explainer: Explainer | undefined;
    return (scorer: TableScorer) => explainer ??= new Explainer(scorer, expectationsOf(scorer));
  });
  return (scorer) => ofTable(scorer.table)(scorer);
}

/** The explainer of a model of rows. @throws TypeError for a series */
export const rowExplainerOf: (scorer: TableScorer) => Explainer = explainers(({ vae, table }) => {
  if (table.window === undefined) return rowExpectations(vae, table, table.schema.length);
  throw new TypeError("Cannot explain rows: the model scores a series");
});

/** @param columns of the table that the rows came from; those of a window repeat them */
export function rowExpectations(
  vae: TrainedVae,
  table: TableModel,
  columns: number,
): ExpectationModel {
  const { ensemble, schema, sketch } = table;
  if (!ensemble) return new NetworkExpectations(vae, table);
  const missing = schema.map((_, c) => sketch?.data[c % columns * SKETCH_WIDTH] ?? 0);
  return new RegressionExpectations(ensemble, schema, missing);
}
