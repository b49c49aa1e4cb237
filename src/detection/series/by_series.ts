/**
 * Several series in one table, told apart by a column: of machines one below the other, in turn, or in any other order.
 * Each is laid out by its own times (`clock.ts`), and they come one after the other, in the order of their first rows,
 * with a window of empty rows between them: no window looks from one to the next.
 */
import { RowError } from "../../core/row_error.ts";
import { type CellCodec, isMissing } from "../../formats/text/cells.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { SeriesClock } from "../../scoring/table_model.ts";
import { takeCells } from "../../scoring/table/take_cells.ts";
import { type LaidOut, laidOut, missingSteps } from "./clock.ts";

/** What says where the steps of a table are. */
export interface StepMarks {
  /** When each is, NaN where missing. */
  readonly seconds?: ArrayLike<number>;
  /** The number of the series of each; absent if all are of one. */
  readonly series?: ArrayLike<number>;
}

/** The steps of one series. */
export interface OneSeries {
  /** Their rows in the table. */
  readonly rows: Uint32Array;
  readonly cells: Cells;
  readonly seconds?: ArrayLike<number>;
  /** Absent if no step is missing, or times do not tell. */
  readonly laid?: LaidOut;
}

/** The series of a table, each laid out by its times. @param mayLack as for `laidOut` */
export function seriesOf(
  cells: Cells,
  { seconds, series }: StepMarks,
  clock: Pick<SeriesClock, "spacing">,
  window: number,
  mayLack: number = 0,
): readonly OneSeries[] {
  const columns = cells.data.length / cells.rows;
  return rowsOf(cells.rows, series).map((rows) => {
    const own = series ? takeCells(cells, columns, rows) : cells;
    const times = seconds && series ? Float64Array.from(rows, (row) => seconds[row]) : seconds;
    const laid = times && laidOut(own, times, clock, window, mayLack);
    return { rows, cells: own, ...(times && { seconds: times }), ...(laid && { laid }) };
  });
}

/** Whether some of several series, or all, are shorter than a window, in words; undefined if none is. */
export function shortSeries(
  column: string,
  all: readonly OneSeries[],
  window: number,
): { readonly isAll: boolean; readonly text: string; readonly rows: number } | undefined {
  const lengths = all.map(({ rows }) => rows.length),
    short = lengths.filter((each) => each < window);
  if (short.length === 0 || all.length === 1) return undefined;
  const isAll = short.length === all.length, by = `series by column "${column}"`;
  const longest = short.reduce((most, each) => Math.max(most, each), 0);
  return {
    isAll,
    rows: short.reduce((sum, each) => sum + each, 0),
    text: isAll
      ? `all ${all.length} ${by} are shorter than a window of ${window} steps, the longest of ${longest}`
      : `${short.length} of ${all.length} ${by} ${
        short.length === 1 ? "is" : "are"
      } shorter than a window of ${window} steps`,
  };
}

/** All of them as one table. @returns undefined if that is the table as it is */
export function joined(all: readonly OneSeries[], window: number): LaidOut | undefined {
  if (all.length === 1) return all[0].laid;
  const places = new Uint32Array(all.reduce((sum, { rows }) => sum + rows.length, 0));
  const parts = all.map(({ cells, laid }) => laid?.cells ?? cells);
  const [{ data, rows }] = parts, columns = data.length / rows;
  const steps = parts.reduce((sum, part) => sum + part.rows + window, -window);
  const whole = new Float64Array(steps * columns).fill(NaN);
  let first = 0;
  all.forEach(({ rows, laid }, s) => {
    whole.set(parts[s].data, first * columns);
    rows.forEach((row, r) => places[row] = first + (laid ? laid.places[r] : r));
    first += parts[s].rows + window;
  });
  return { cells: { data: whole, rows: steps }, places };
}

/** Whether most steps are of series in whose gaps no steps are taken to be missing. */
export function runsAcrossGaps(
  all: readonly OneSeries[],
  { spacing }: Pick<SeriesClock, "spacing">,
  window: number,
): boolean {
  let across = 0, steps = 0;
  for (const { rows: { length }, seconds = [], laid } of all) {
    steps += length;
    const isAcross = !laid &&
      Array.from(seconds).some((time, r) =>
        missingSteps(time - seconds[r - 1], spacing, window) > 0
      );
    if (isAcross) across += length;
  }
  return 2 * across > steps;
}

/** Values of the rows, one series after the other, with NaN between them. */
export function oneAfterTheOther(
  values: ArrayLike<number>,
  series: ArrayLike<number> | undefined,
): ArrayLike<number> {
  if (!series) return values;
  return Float64Array.from(
    rowsOf(values.length, series).flatMap((rows) => [...Array.from(rows, (r) => values[r]), NaN]),
  );
}

/** Steps in their order. */
export interface StepOrder {
  /** Their rows in the table. */
  readonly rows: Uint32Array;
  /** Where they are among the rows that are laid out, ascending. */
  readonly places: Uint32Array;
}

export function orderOfSteps({ places }: LaidOut): StepOrder {
  const rows = Uint32Array.from(places.keys()).sort((a, b) => places[a] - places[b]);
  return { rows, places: places.toSorted() };
}

/** The rows of each series, in order of their first ones. */
function rowsOf(count: number, series: ArrayLike<number> | undefined): Uint32Array[] {
  if (!series) return [Uint32Array.from({ length: count }, (_, r) => r)];
  const rows = new Map<number, number[]>();
  for (let r = 0; r < count; r++) {
    const own = rows.get(series[r]);
    if (own) own.push(r);
    else rows.set(series[r], [r]);
  }
  return Array.from(rows.values(), (own) => Uint32Array.from(own));
}

/** Reads a column of names as numbers; by default in the order in which they come, for one file at a time. */
export function nameCodec(numberOf: (name: string) => number = inOrder()): CellCodec {
  return {
    encode(cell) {
      const isText = typeof cell === "string";
      if (cell === null || cell === undefined || (isText && isMissing(cell))) return NaN;
      if (!isText && !(typeof cell === "number" || typeof cell === "boolean")) return undefined;
      if (Number.isNaN(cell)) return NaN;
      return numberOf(`${cell}`.trim());
    },
    expected: () => "a text or a number",
  };
}

function inOrder(): (name: string) => number {
  const numbers = new Map<string, number>();
  return (name) => {
    const known = numbers.get(name), { size } = numbers;
    if (known === undefined) numbers.set(name, size);
    return known ?? size;
  };
}

/** What a row without a name lacks, for a message. */
export const NAME_EXPECTED = "the name of the series that the row belongs to";

/** The number of the series of each row. @throws RowError for a row of none */
export function seriesNumbers(
  { column, values }: { readonly column: string; readonly values: ArrayLike<unknown> },
): Float64Array {
  const { encode } = nameCodec();
  const series = Float64Array.from(values, (value) => encode(value) ?? NaN);
  const row = series.findIndex(Number.isNaN);
  if (row < 0) return series;
  throw new RowError(`expected ${NAME_EXPECTED}`, row + 1, column);
}
