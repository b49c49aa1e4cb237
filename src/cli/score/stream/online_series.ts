/**
 * The steps of one or more series as they arrive, told apart by the model's column of names (`train --by`): each has
 * its own window and its own clock. As many series are kept as the program's `streams()` keeps; beyond that the one
 * whose last row is longest ago starts anew when it comes back, and the first time is reported. Names are kept for as
 * many, so that memory does not grow with the stream.
 */
import type { AlsoColumn } from "../../../detection/model_table.ts";
import { NAME_EXPECTED, nameCodec } from "../../../detection/series/by_series.ts";
import { DataError } from "../../../formats/errors.ts";
import type { SeriesStream, StepVerdict } from "../../../scoring/series/series_stream.ts";
import { seriesThatFit, type StreamsOptions } from "../../../scoring/series/series_streams.ts";
import type { Cells } from "../../../scoring/table/cells.ts";
import type { TableScorer } from "../../../scoring/table_scorer.ts";
import { LruCache } from "../../../trained/lru_cache.ts";
import { columnsOfSteps } from "../../files/steps.ts";
import { type Io, note } from "../../io.ts";
import { count } from "../../text/text.ts";
import type { FileLayout } from "../input/file_layout.ts";
import { OnlineSteps, type StepReport } from "./online_steps.ts";

export class OnlineSeries {
  /** What says where steps are: columns that are not the model's. */
  readonly columns: readonly AlsoColumn[];
  /** The number of steps with a verdict. */
  scored = 0;
  readonly #model: TableScorer;
  readonly #options: StreamsOptions;
  readonly #io: Io;
  readonly #most: number;
  readonly #kept: LruCache<{ readonly steps: OnlineSteps; dispose(): void }>;
  readonly #reported = new Set<StepReport | "forgotten">();
  /** Of the columns, those of a row: the last of its cells. */
  #found: readonly string[] = [];
  /** Whether rows may lack any of the columns, as objects may. */
  #isByRow = false;
  /** Whether all rows are of one series, once that is known. */
  #isOne?: boolean;
  /** The newest row, from 1. */
  #row = 0;

  constructor(model: TableScorer, options: StreamsOptions, io: Io) {
    const { by } = model.table;
    this.#model = model;
    this.#options = options;
    this.#io = io;
    this.#most = options.maxSeries ?? seriesThatFit(model, options.vote);
    this.#kept = new LruCache(this.#most);
    const codec = nameCodec(recentNumbers(this.#most));
    this.columns = columnsOfSteps(model).map((each) =>
      each.name === by ? { name: by, codec } : each
    );
  }

  /** Must be called before the first row. */
  open(layout: FileLayout): void {
    this.#found = layout.also?.map(({ name }) => name) ?? [];
    this.#isByRow = !("separator" in layout);
  }

  /** The cells of the model's columns, without those that follow them in each row. */
  cellsOf({ data, rows }: Cells): Cells {
    const width = this.#model.columns.length, all = data.length / rows;
    if (all === width) return { data, rows };
    const cells = new Float64Array(rows * width);
    for (let r = 0; r < rows; r++) {
      cells.set(data.subarray(r * all, r * all + width), r * width);
    }
    return { data: cells, rows };
  }

  /**
   * Adds a row, the step of a series. The verdict comes with the stream that gave it.
   * @param row with the cells of the other columns as the last
   * @param place of the row in the file, from 1
   * @throws DataError for a row without a name among rows with one, or the other way round
   */
  push(
    row: Float64Array,
    place: { readonly source: string; readonly row: number },
  ): (StepVerdict & { readonly stream: SeriesStream }) | undefined {
    const width = this.#model.columns.length, { clock, by } = this.#model.table;
    const cellOf = (name: string | undefined): number => {
      const at = name === undefined ? -1 : this.#found.indexOf(name);
      return at < 0 ? NaN : row[width + at];
    };
    this.#row = place.row;
    const series = by === undefined ? NaN : this.#seriesOf(cellOf(by), by, place);
    const steps = this.#stepsOf(series);
    const verdict = steps.push(row.subarray(0, width), cellOf(clock?.column.name), place.row);
    if (!verdict) return undefined;
    this.scored++;
    return { ...verdict, stream: steps.stream };
  }

  /** The number of a row's series; NaN if all are of one. */
  #seriesOf(
    series: number,
    column: string,
    place: { readonly source: string; readonly row: number },
  ): number {
    const isNameless = Number.isNaN(series);
    if (this.#isOne === undefined) {
      this.#isOne = this.#isByRow ? isNameless : !this.#found.includes(column);
      if (this.#isOne) note(this.#io, `no column "${column}": all rows count as one series`);
    }
    if (isNameless === this.#isOne) return series;
    const expected = this.#isOne ? "no name of a series, as in the rows before" : NAME_EXPECTED;
    throw new DataError({ ...place, column, expected });
  }

  #stepsOf(series: number): OnlineSteps {
    const dispose = () => {
      if (this.#reported.has("forgotten")) return;
      this.#reported.add("forgotten");
      const these = `more than ${count(this.#most)} series by column "${this.#model.table.by}"`;
      const rule = "the one whose last row is longest ago starts anew if it comes back";
      note(this.#io, `${these}: from row ${this.#row} on, ${rule} (--max-series)`);
    };
    const open = () => {
      const stream = this.#model.stream(
        this.#options.vote ? { vote: this.#options.vote } : {},
      );
      return { steps: new OnlineSteps(stream, this.#model, this.#reported, this.#io), dispose };
    };
    return this.#kept.get(`${series}`, open).steps;
  }
}

/** Numbers names as they come; those that were not among the last so many get a new number. */
function recentNumbers(most: number): (name: string) => number {
  const numbers = new LruCache<{ readonly number: number; dispose(): void }>(most);
  let next = 0;
  return (name) => numbers.get(name, () => ({ number: next++, dispose() {} })).number;
}
