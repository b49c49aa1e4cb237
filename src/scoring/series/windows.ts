/**
 * Converts the steps of a series to windows, and results of windows back to steps.
 *
 *   window w = steps w … w + size - 1, one row of size · columns cells, oldest step first
 *   step t   = the mean over the windows t - size + 1 … t that contain it, fewer at both ends
 *
 * A series of T steps has T - size + 1 windows. Because a step's score is a mean, it is still the sum of its columns'
 * contributions. A window or more of empty steps keeps series apart (`spansOf`).
 */
import type { Cells } from "../table/cells.ts";

/** `count` windows starting at window `first`, as rows of a table. */
export function windowsOf(
  { data }: Pick<Cells, "data">,
  columns: number,
  size: number,
  first: number,
  count: number,
): Cells {
  const width = size * columns;
  const windows = new Float64Array(count * width);
  for (let w = 0; w < count; w++) {
    const start = (first + w) * columns;
    windows.set(data.subarray(start, start + width), w * width);
  }
  return { data: windows, rows: count };
}

/** Steps `first` … `end - 1`, scored by the windows of steps `from` … `to - 1`. */
export interface Span {
  readonly first: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The series of a table, and the empty steps between them: at least `size`. The windows of a series are those of its
 * own steps, as if it were alone; those of one that is shorter contain one of its steps.
 */
export function spansOf({ data, rows }: Cells, columns: number, size: number): readonly Span[] {
  const spans: Span[] = [];
  let start = 0, empty = 0;
  const endAt = (end: number) => {
    const around = end - start < size ? size - 1 : 0;
    const from = Math.max(0, start - around), to = Math.min(rows, end + around);
    if (start < end) spans.push({ first: start, end, from, to });
    start = end;
  };
  for (let step = 0; step <= rows; step++) {
    if (step < rows && isEmpty(data, columns, step)) {
      empty++;
      continue;
    }
    if (empty >= size) {
      endAt(step - empty);
      endAt(step);
    }
    empty = 0;
  }
  endAt(rows);
  return spans;
}

/** Whether all cells of a step are missing. */
export function isEmpty(data: Float64Array, columns: number, step: number): boolean {
  for (let i = step * columns; i < (step + 1) * columns; i++) {
    if (data[i] === data[i]) return false;
  }
  return true;
}

/** The number of windows of `size` steps in a series of `steps`; 0 if it is shorter. */
export function countWindows(steps: number, size: number): number {
  return Math.max(0, steps - size + 1);
}

/** The same. @throws RangeError for a series shorter than one window */
export function requireWindows(steps: number, size: number): number {
  const count = countWindows(steps, size);
  if (count > 0) return count;
  throw new RangeError(
    `Cannot score series: expected at least the ${size} steps of a window, got ${steps}`,
  );
}

/**
 * Means over the windows that contain each step, of `columns` numbers per window.
 * @param windows [windows, columns], row-major
 * @returns       [windows + size - 1, columns]
 */
export function stepMeans(windows: Float64Array, columns: number, size: number): Float64Array {
  const count = windows.length / columns, steps = count + size - 1;
  const means = new Float64Array(steps * columns);
  for (let t = 0; t < steps; t++) {
    const first = Math.max(0, t - size + 1), last = Math.min(count - 1, t);
    for (let c = 0; c < columns; c++) {
      // Summed separately for each step: a running sum would carry the rounding of one huge score to all later steps.
      let sum = 0;
      for (let w = first; w <= last; w++) sum += windows[w * columns + c];
      means[t * columns + c] = sum / (last - first + 1);
    }
  }
  return means;
}

/**
 * The same for the series of a table.
 * @param windows [windows, columns], of which those of the spans are read
 * @returns       [windows + size - 1, columns]
 */
export function spanMeans(
  windows: Float64Array,
  spans: readonly Span[],
  columns: number,
  size: number,
): Float64Array {
  const means = new Float64Array(windows.length + (size - 1) * columns);
  for (const { first, end, from, to } of spans) {
    const own = windows.subarray(from * columns, (to - size + 1) * columns);
    const steps = stepMeans(own, columns, size);
    means.set(steps.subarray((first - from) * columns, (end - from) * columns), first * columns);
  }
  return means;
}

/** Contributions of windows by column: sums over the steps of each window. */
export function overSteps(windows: Float64Array, columns: number, size: number): Float64Array {
  const sums = new Float64Array(windows.length / size);
  for (let i = 0; i < windows.length; i++) {
    sums[Math.floor(i / (size * columns)) * columns + i % columns] += windows[i];
  }
  return sums;
}
