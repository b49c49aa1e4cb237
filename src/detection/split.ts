/**
 * Which rows train and which are kept back to calibrate: single rows of a table, drawn by the seed, or
 * whole stretches of a series, since windows that overlap would know each other.
 */
import { permutation } from "../core/random/philox.ts";
import { STREAMS } from "../core/random/streams.ts";
import { countWindows, windowsOf } from "../scoring/series/windows.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { takeCells } from "./take_cells.ts";

/** More calibration rows than this refine the p-value no further than anyone reads. */
export const MAX_CALIBRATION_ROWS = 10_000;

/** As many are kept back without a false-alarm rate that needs them: they make a tenth of the file. */
const PLENTY_ROWS = 2000;

/** A stretch of a series has so many windows' steps, so that most of its windows are whole. */
const WINDOWS_A_STRETCH = 3;

/** Rows that train, and rows that calibrate: of a series, windows. */
export interface Split {
  readonly training: Cells;
  readonly calibration: Cells;
  /** Of a series: the calibration windows of each stretch, in order. */
  readonly stretches?: readonly number[];
}

/**
 * A fifth of the rows, of long tables no more than is plenty; more, up to half, where fewer could not keep
 * the false-alarm rate.
 */
export function calibrationFraction(rows: number, falseAlarmRate: number): number {
  const needed = Math.ceil(2 / falseAlarmRate);
  const kept = Math.max(Math.min(rows / 5, PLENTY_ROWS), needed);
  return Math.min(rows / 2, MAX_CALIBRATION_ROWS, kept) / rows;
}

/** Single rows. */
export function splitRows(cells: Cells, columns: number, fraction: number, seed: number): Split {
  const kept = Math.min(cells.rows - 1, Math.max(1, Math.round(cells.rows * fraction)));
  const order = permutation(cells.rows, seed, 1, STREAMS.split);
  const take = (indices: Uint32Array) => takeCells(cells, columns, indices.sort());
  return { calibration: take(order.slice(0, kept)), training: take(order.slice(kept)) };
}

/** The stretches of a series, one after the other: steps first … end - 1. */
export function stretchesOf(steps: number, window: number): { first: number; end: number }[] {
  const count = Math.max(2, Math.floor(steps / (WINDOWS_A_STRETCH * window)));
  const edge = (stretch: number) => Math.round(stretch * steps / count);
  return Array.from({ length: count }, (_, s) => ({ first: edge(s), end: edge(s + 1) }));
}

/**
 * Stretches of the series that calibrate, evenly over its length, and the windows of all others. No window
 * of a training row holds a step that calibrates.
 */
export function splitSeries(
  cells: Cells,
  columns: number,
  { window, fraction }: { readonly window: number; readonly fraction: number },
): Split {
  const every = Math.max(2, Math.round(1 / fraction));
  const parts = stretchesOf(cells.rows, window).map((steps, s) => ({
    ...steps,
    calibrates: s % every === every >> 1,
  }));
  const stretches = parts.length;
  const windowsIn = (first: number, end: number): Cells => {
    const run = stepsOf(cells, columns, first, end);
    return windowsOf(run, columns, window, 0, countWindows(run.rows, window));
  };
  const kept = parts.filter(({ calibrates }) => calibrates)
    .map(({ first, end }) => windowsIn(first, end));
  const training: Cells[] = [];
  for (let s = 0; s < stretches; s++) {
    if (parts[s].calibrates) continue;
    const { first } = parts[s];
    while (s + 1 < stretches && !parts[s + 1].calibrates) s++;
    training.push(windowsIn(first, parts[s].end));
  }
  return {
    training: joined(training),
    calibration: joined(kept),
    stretches: kept.map(({ rows }) => rows),
  };
}

function stepsOf({ data }: Cells, columns: number, first: number, end: number): Cells {
  return { data: data.subarray(first * columns, end * columns), rows: end - first };
}

function joined(parts: readonly Cells[]): Cells {
  const data = new Float64Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, rows: parts.reduce((sum, { rows }) => sum + rows, 0) };
}
