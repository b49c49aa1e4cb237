/**
 * Scores of the consecutive steps of one or more series. All rows of a request belong together: each is scored by the
 * windows around it, part by part, with the windows that reach into the next. A stream of lines knows nothing of later
 * ones, so a step is scored by the window that ends with it, as by `elbow score --online`.
 */
import type { Cells } from "../../scoring/table/cells.ts";
import { show } from "../../core/validate.ts";
import { SeriesStreams, seriesThatFit } from "../../scoring/series/series_streams.ts";
import { type Span, spansOf } from "../../scoring/series/windows.ts";
import { NotFiniteError } from "../../trained/finite.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import { invalid } from "../answers/problems.ts";
import type { StepCells } from "../rows/step_names.ts";
import type { PartialWork, Work } from "./verb.ts";

/** Of the memory for the steps of many series, a stream of lines takes one part in so many: 4 MiB. */
const STREAMS_AT_ONCE = 64;

/** Steps scored without a pause, beside those of the windows at either end. */
const PART_STEPS = 512;

/** What makes the work of a series of that of rows. */
type SeriesWork =
  & Pick<Work, "isWhole" | "run">
  & Required<Pick<PartialWork, "requireRows" | "online">>;

/** @param rows the work of single rows: the numbers of a verdict, and how they are written */
export function seriesScores(
  model: TableScorer,
  window: number,
  rate: number,
  rows: {
    readonly columns: readonly string[];
    readonly run: Work["run"];
    readonly text: Work["text"];
  },
): SeriesWork {
  const width = model.columns.length, columns = rows.columns.length;
  return {
    isWhole: true,
    requireRows(count) {
      if (count >= window) return;
      throw invalid(
        "/rows",
        `Cannot score series: expected at least the ${window} steps of a window, got ${count}`,
      );
    },
    async run(cells: StepCells, _, pacer) {
      const all = seriesIn(cells, window), scores = new Float64Array(cells.rows * columns);
      for (const own of all) {
        const steps = own.length === cells.rows ? cells : taken(cells, own);
        for (const { first, end, lo, hi } of parts(spansOf(steps, width, window), window)) {
          const part = { data: steps.data.subarray(lo * width, hi * width), rows: hi - lo };
          const scored = await numbering((row) => own[lo + row], () => rows.run(part, lo, pacer));
          for (let r = first; r < end; r++) {
            const at = (r - lo) * columns;
            scores.set(scored.subarray(at, at + columns), own[r] * columns);
          }
          await pacer.yieldIfDue();
        }
      }
      return scores;
    },
    online: () => onlineScores(model, window, rate, rows),
  };
}

/** The rows of each series. @throws Problem for one that is shorter than a window */
function seriesIn({ names, rows }: StepCells, window: number): readonly (readonly number[])[] {
  const all = new Map<string, number[]>();
  for (let r = 0; r < rows; r++) {
    const name = names?.[r] ?? "", own = all.get(name);
    if (own) own.push(r);
    else all.set(name, [r]);
  }
  for (const [name, { length }] of all) {
    if (length >= window) continue;
    throw invalid(
      "/rows",
      `Cannot score series ${
        show(name)
      }: expected at least the ${window} steps of a window, got ${length}`,
    );
  }
  return [...all.values()];
}

function taken({ data, rows }: Cells, own: readonly number[]): Cells {
  const width = data.length / rows, steps = new Float64Array(own.length * width);
  own.forEach((row, r) => steps.set(data.subarray(row * width, (row + 1) * width), r * width));
  return { data: steps, rows: own.length };
}

/** Names the row of the request in the error about a part. */
async function numbering<Value>(
  rowOf: (row: number) => number,
  compute: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await compute();
  } catch (error) {
    if (!(error instanceof NotFiniteError)) throw error;
    throw new NotFiniteError(error.action, error.value, rowOf((error.row ?? 1) - 1) + 1);
  }
}

/** Steps `first` … `end - 1`, for which those of `lo` … `hi - 1` are scored. */
function* parts(spans: readonly Span[], window: number) {
  for (const span of spans) {
    for (let { first } = span; first < span.end; first += PART_STEPS) {
      const end = Math.min(span.end, first + PART_STEPS), around = window - 1;
      const lo = Math.max(span.from, first - around), hi = Math.min(span.to, end + around);
      yield { first, end, lo, hi };
    }
  }
}

/** One line after another; one before there is a whole window is refused, and is a step all the same. */
function onlineScores(
  model: TableScorer,
  window: number,
  rate: number,
  { columns, text }: Pick<Work, "columns" | "text">,
): Work {
  const width = model.columns.length;
  const most = Math.ceil(seriesThatFit(model) / STREAMS_AT_ONCE);
  const streams = new SeriesStreams(() => model.stream(), most);
  /** What the newest lines were answered: those of a batch are asked for again if one of them is refused. */
  const answered = new Map<number, Float64Array | NotFiniteError | undefined>();
  let next = 0;
  const verdictOn = (name: string, row: Float64Array) => {
    const verdict = streams.of(name).push(row);
    if (!verdict) return undefined;
    const { score, pValue, contributions } = verdict;
    return Float64Array.of(
      ...[score, pValue, Number(model.isAnomaly(pValue, rate))],
      ...contributions,
    );
  };
  return {
    head: {},
    columns,
    requireRows() {},
    isWhole: true,
    run({ data, rows, names }: StepCells, firstRow: number) {
      if (firstRow >= next) answered.clear();
      const numbers = new Float64Array(rows * columns.length);
      for (let r = 0; r < rows; r++) {
        const row = firstRow + r;
        if (row >= next) {
          next = row + 1;
          answered.set(
            row,
            tried(() => verdictOn(names?.[r] ?? "", data.subarray(r * width, (r + 1) * width))),
          );
        }
        const verdict = answered.get(row);
        if (!verdict) {
          throw invalid("", `Cannot score row ${row + 1}: a window needs ${window} steps`);
        }
        if (verdict instanceof NotFiniteError) throw verdict;
        numbers.set(verdict, r * columns.length);
      }
      return numbers;
    },
    text,
  };
}

/** What a call gives or, of a score that is not finite, throws. */
function tried<Value>(call: () => Value): Value | NotFiniteError {
  try {
    return call();
  } catch (error) {
    if (error instanceof NotFiniteError) return error;
    throw error;
  }
}
