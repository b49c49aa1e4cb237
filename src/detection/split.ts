/**
 * Which rows train and which are kept back to calibrate: single rows of a table, drawn by the seed, or
 * whole stretches of a series, since windows that overlap would know each other.
 */
import { permutation } from "../core/philox.ts";
import { STREAMS } from "../core/streams.ts";
import { countWindows, windowsOf } from "../scoring/series/windows.ts";
import type { Cells } from "../scoring/standardize.ts";
import { takeCells } from "./take_cells.ts";

/** More calibration rows than this refine the p-value no further than anyone reads. */
const MAX_CALIBRATION_ROWS = 10_000;

/** As many are kept back without a false-alarm rate that needs them: they make a tenth of the file. */
const PLENTY_ROWS = 2000;

/** A stretch of a series has so many windows' steps, so that most of its windows are whole. */
const WINDOWS_A_STRETCH = 3;

/** Training rows, and what calibrates: one table, or the stretches of a series. */
export interface Split {
  readonly training: Cells;
  readonly calibration: readonly Cells[];
}

/**
 * What the false-alarm rate needs to be kept well, twice the rows at which it can be kept at all, and a
 * tenth of long tables; of short ones no more than half.
 */
export function calibrationFraction(rows: number, falseAlarmRate: number): number {
  const finest = Math.ceil(1 / falseAlarmRate);
  const needed = Math.min(2 * finest, Math.max(finest, rows / 5));
  const plenty = Math.min(rows / 10, PLENTY_ROWS);
  return Math.min(rows / 2, MAX_CALIBRATION_ROWS, Math.max(plenty, needed)) / rows;
}

/** Single rows. */
export function splitRows(cells: Cells, columns: number, fraction: number, seed: number): Split {
  const kept = Math.min(cells.rows - 1, Math.max(1, Math.round(cells.rows * fraction)));
  const order = permutation(cells.rows, seed, 1, STREAMS.split);
  const take = (indices: Uint32Array) => takeCells(cells, columns, indices.sort());
  return { calibration: [take(order.slice(0, kept))], training: take(order.slice(kept)) };
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
  const stretches = Math.max(2, Math.floor(cells.rows / (WINDOWS_A_STRETCH * window)));
  const every = Math.max(2, Math.round(1 / fraction));
  const edge = (stretch: number) => Math.round(stretch * cells.rows / stretches);
  const parts = Array.from({ length: stretches }, (_, s) => ({
    calibrates: s % every === every >> 1,
    first: edge(s),
    end: edge(s + 1),
  }));
  const calibration = parts.filter(({ calibrates }) => calibrates)
    .map(({ first, end }) => stepsOf(cells, columns, first, end));
  const windows: Cells[] = [];
  for (let s = 0; s < stretches; s++) {
    if (parts[s].calibrates) continue;
    let last = s;
    while (last + 1 < stretches && !parts[last + 1].calibrates) last++;
    const run = stepsOf(cells, columns, parts[s].first, parts[last].end);
    windows.push(windowsOf(run, columns, window, 0, countWindows(run.rows, window)));
    s = last;
  }
  return { training: joined(windows), calibration };
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
