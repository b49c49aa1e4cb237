/**
 * Splits rows into training and calibration: single rows of a table, drawn by the seed, or whole blocks of a series,
 * because overlapping windows are not independent.
 */
import { permutation } from "../../core/random/permutation.ts";
import { STREAMS } from "../../core/random/streams.ts";
import { countWindows, windowsOf } from "../../scoring/series/windows.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { blocksOf, stretchesOf } from "../series/stretches.ts";
import { takeCells } from "../../scoring/table/take_cells.ts";

/** More calibration rows than this do not improve p-values noticeably. */
export const MAX_CALIBRATION_ROWS = 10_000;

/** Maximum number of held-out rows, unless the false-alarm rate needs more: they make a tenth of the file. */
const MAX_HELD_OUT_ROWS = 2000;

/** Rows for training and for calibration; for a series, windows. */
export interface Split {
  readonly training: Cells;
  readonly calibration: Cells;
  /** For a series: the number of calibration windows of each block, in order. */
  readonly calibrationWindows?: readonly number[];
}

/** A fifth of the rows, but at most `MAX_HELD_OUT_ROWS`; or more, up to half, if the false-alarm rate needs it. */
export function calibrationFraction(rows: number, falseAlarmRate: number): number {
  const needed = Math.ceil(2 / falseAlarmRate);
  const heldOut = Math.max(Math.min(rows / 5, MAX_HELD_OUT_ROWS), needed);
  return Math.min(rows / 2, MAX_CALIBRATION_ROWS, heldOut) / rows;
}

/** Splits single rows at random. */
export function splitRows(cells: Cells, columns: number, fraction: number, seed: number): Split {
  const heldOut = Math.min(cells.rows - 1, Math.max(1, Math.round(cells.rows * fraction)));
  const order = permutation(cells.rows, seed, 1, STREAMS.split);
  const take = (indices: Uint32Array) => takeCells(cells, columns, indices.sort());
  return { calibration: take(order.slice(0, heldOut)), training: take(order.slice(heldOut)) };
}

/**
 * Holds out blocks for calibration, evenly spaced, and trains on the windows of all others. No training window
 * contains a calibration step.
 */
export function splitSeries(
  cells: Cells,
  columns: number,
  { window, fraction }: { readonly window: number; readonly fraction: number },
): Split {
  const interval = Math.max(2, Math.round(1 / fraction));
  const stretches = stretchesOf(cells, columns, window);
  const parts = blocksOf(stretches, window).map((steps, s) => ({
    ...steps,
    calibrates: s % interval === interval >> 1,
  }));
  const count = parts.length;
  const windowsIn = (first: number, end: number): Cells => {
    const run = stepsOf(cells, columns, first, end);
    return windowsOf(run, columns, window, 0, countWindows(run.rows, window));
  };
  const heldOut = parts.filter(({ calibrates }) => calibrates)
    .map(({ first, end }) => windowsIn(first, end));
  const training: Cells[] = [];
  for (let s = 0; s < count; s++) {
    if (parts[s].calibrates) continue;
    const { first } = parts[s];
    const goesOn = (next: number) =>
      next < count && !parts[next].calibrates && parts[next].first === parts[next - 1].end;
    while (goesOn(s + 1)) s++;
    training.push(windowsIn(first, parts[s].end));
  }
  return {
    training: joined(training),
    calibration: joined(heldOut),
    calibrationWindows: heldOut.map(({ rows }) => rows),
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
