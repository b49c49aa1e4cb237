/**
 * The option `explain` of the verb `score`. After the numbers of each row come six for each blamed column: the column,
 * its value, the expected value, the interval's two ends, the probability. NaN means absent.
 */
import { type BlamedColumn, blamedColumn } from "../../scoring/explain/blamed_column.ts";
import {
  type Explainer,
  type ExplainOptions,
  requireExplainOptions,
  rowExplainerOf,
} from "../../scoring/explain/explainer.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { RowText } from "../answers/answers.ts";
import type { Pacer } from "../pacer.ts";
import { invalid } from "../answers/problems.ts";
import { CONTRIBUTIONS } from "./verdict.ts";

/** The verb's work without the option. */
interface Scores {
  readonly columns: readonly string[];
  run(cells: Cells, firstRow: number, pacer: Pacer): Float64Array | Promise<Float64Array>;
  readonly text: RowText;
}

/** The options in a request. */
export interface ExplainRequest {
  /** Columns to explain in each row. */
  readonly explain?: number;
  readonly conditional?: boolean;
}

const BLAME_NUMBERS = ["column", "value", "expected", "low", "high", "probability"] as const;

/** Rows explained without a pause: a wide one may take a millisecond. */
const BLAME_ROWS = 16;

/** The same verdicts, explained if the request asks for it. */
export function explained<S extends Scores>(
  model: TableScorer,
  scores: S,
  { explain, conditional }: ExplainRequest,
): S & { readonly blanks?: readonly boolean[] } {
  if (explain === undefined) {
    if (!conditional) return scores;
    throw invalid("/conditional", "Cannot use conditional without explain: give explain as well");
  }
  const options = requireExplainOptions({ columns: explain, conditional });
  const explainer = requireExplainer(model), width = model.columns.length;
  const scoreWidth = scores.columns.length, blamedColumns = Math.min(explain, width);
  const names = Array.from(
    { length: blamedColumns },
    (_, k) => BLAME_NUMBERS.map((name) => `blamed.${k}.${name}`),
  );
  const columns = [...scores.columns, ...names.flat()];
  return {
    ...scores,
    columns,
    blanks: columns.map((_, i) => i >= scoreWidth),
    async run(cells, firstRow, pacer) {
      const scored = await scores.run(cells, firstRow, pacer), { rows } = cells;
      const data = new Float64Array(rows * columns.length);
      const contributions = contributionsOf(scored, rows, scoreWidth);
      if (options.conditional) {
        const sums = Float64Array.from({ length: rows }, (_, r) => scored[r * scoreWidth]);
        await makeConditional(contributions, explainer, cells, sums, pacer);
      }
      const blamed = await blameRows(explainer, cells, contributions, options, pacer);
      const blamedWidth = blamedColumns * BLAME_NUMBERS.length;
      for (let r = 0; r < rows; r++) {
        const at = r * columns.length;
        data.set(scored.subarray(r * scoreWidth, (r + 1) * scoreWidth), at);
        data.set(contributions.subarray(r * width, (r + 1) * width), at + CONTRIBUTIONS);
        data.set(blamed.subarray(r * blamedWidth, (r + 1) * blamedWidth), at + scoreWidth);
      }
      return data;
    },
    text: (data, at) =>
      `${scores.text(data, at).slice(0, -1)},"blamed":${
        JSON.stringify(blamedAt(model, data, at, blamedColumns))
      }}`,
  };
}

/** Row by row, because a network is run many times for each. */
async function makeConditional(
  contributions: Float64Array,
  explainer: Explainer,
  { data, rows }: Cells,
  scores: Float64Array,
  pacer: Pacer,
): Promise<void> {
  const width = contributions.length / rows;
  for (let r = 0; r < rows; r++) {
    const row = { data: data.subarray(r * width, (r + 1) * width), rows: 1 };
    contributions.set(explainer.conditional(row, scores.subarray(r, r + 1)), r * width);
    await pacer.yieldIfDue();
  }
}

/** The numbers of the blamed columns, `[rows, blamed columns x 6]`, some rows at a time. */
async function blameRows(
  explainer: Explainer,
  { data, rows }: Cells,
  contributions: Float64Array,
  options: Required<ExplainOptions>,
  pacer: Pacer,
): Promise<Float64Array> {
  const width = data.length / rows, perRow = Math.min(options.columns, width);
  const numbers = new Float64Array(rows * perRow * BLAME_NUMBERS.length).fill(NaN);
  for (let first = 0; first < rows; first += BLAME_ROWS) {
    const end = Math.min(rows, first + BLAME_ROWS), start = first * width;
    const part = { data: data.subarray(start, end * width), rows: end - first };
    const nats = contributions.subarray(start, end * width);
    const { columns, expectations } = explainer.blame(part, nats, options);
    for (const [i, c] of columns.entries()) {
      if (c < 0) continue;
      const { expected, low, high, probability } = expectations[i];
      const value = part.data[Math.floor(i / perRow) * width + c];
      const at = (first * perRow + i) * BLAME_NUMBERS.length;
      numbers.set([c, value, expected, low, high, probability], at);
    }
    await pacer.yieldIfDue();
  }
  return numbers;
}

/** The columns to blame, at most `most`, for the row whose numbers begin at `at`. */
function blamedAt({ schema }: TableScorer, data: Float64Array, at: number, blamedColumns: number) {
  const blamed: BlamedColumn[] = [], start = at + CONTRIBUTIONS + schema.length;
  for (let k = 0; k < blamedColumns; k++) {
    const from = start + k * BLAME_NUMBERS.length;
    const [c, value, expected, low, high, probability] = data.subarray(
      from,
      from + BLAME_NUMBERS.length,
    );
    if (!(c >= 0)) break;
    const expectation = { expected, low, high, probability };
    blamed.push(blamedColumn(schema[c], data[at + CONTRIBUTIONS + c], value, expectation));
  }
  return blamed;
}

function contributionsOf(scored: Float64Array, rows: number, scoreWidth: number): Float64Array {
  const width = scoreWidth - CONTRIBUTIONS;
  return Float64Array.from(
    { length: rows * width },
    (_, i) => scored[Math.floor(i / width) * scoreWidth + CONTRIBUTIONS + i % width],
  );
}

function requireExplainer(model: TableScorer): Explainer {
  try {
    return rowExplainerOf(model);
  } catch (error) {
    if (error instanceof TypeError) throw invalid("/explain", error.message);
    throw error;
  }
}
