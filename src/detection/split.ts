/**
 * Splits rows into training and calibration: single rows of a table, drawn by the seed, or whole stretches of a series,
 * because overlapping windows are not independent.
 */
import { permutation } from "../core/random/philox.ts";
import { STREAMS } from "../core/random/streams.ts";
import { countWindows, windowsOf } from "../scoring/series/windows.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { takeCells } from "./take_cells.ts";

/** More calibration rows than this do not improve p-values noticeably. */
export const MAX_CALIBRATION_ROWS = 10_000;

/** Maximum number of held-out rows, unless the false-alarm rate needs more: they make a tenth of the file. */
const PLENTY_ROWS = 2000;

/** Length of a stretch, in windows: most windows of a stretch then lie entirely within it. */
const WINDOWS_A_STRETCH = 3;

/** Rows for training and for calibration; for a series, windows. */
export interface Split {
  readonly training: Cells;
  readonly calibration: Cells;
  /** For a series: the number of calibration windows of each stretch, in order. */
  readonly stretches?: readonly number[];
}

/** A fifth of the rows, but at most `PLENTY_ROWS`; or more, up to half, if the false-alarm rate needs it. */
export function calibrationFraction(rows: number, falseAlarmRate: number): number {
  const needed = Math.ceil(2 / falseAlarmRate);
  const kept = Math.max(Math.min(rows / 5, PLENTY_ROWS), needed);
  return Math.min(rows / 2, MAX_CALIBRATION_ROWS, kept) / rows;
}

/** Splits single rows at random. */
export function splitRows(cells: Cells, columns: number, fraction: number, seed: number): Split {
  const kept = Math.min(cells.rows - 1, Math.max(1, Math.round(cells.rows * fraction)));
  const order = permutation(cells.rows, seed, 1, STREAMS.split);
  const take = (indices: Uint32Array) => takeCells(cells, columns, indices.sort());
  return { calibration: take(order.slice(0, kept)), training: take(order.slice(kept)) };
}

/** The consecutive stretches of a series: steps first … end - 1. */
export function stretchesOf(steps: number, window: number): { first: number; end: number }[] {
  const count = Math.max(2, Math.floor(steps / (WINDOWS_A_STRETCH * window)));
  const edge = (stretch: number) => Math.round(stretch * steps / count);
  return Array.from({ length: count }, (_, s) => ({ first: edge(s), end: edge(s + 1) }));
}

/**
 * Holds out stretches for calibration, evenly spaced, and trains on the windows of all others. No training window
 * contains a calibration step.
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
