/**
 * Projects rows of cells to a view, column by column, so that each column's transform is looked up only once for all
 * rows. A missing cell (NaN) becomes 0, the mean, and counts as not observed.
 */
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Cells } from "../table/cells.ts";
import { CurveReader } from "./curve.ts";
import { asinh, clamped, type Transform, transformAt, type View } from "./view.ts";

type Values = Float32Array | Float64Array;

/** Rows per batch; their cells stay in the L1 cache. */
const CHUNK_ROWS = 128;

/** Some rows of the user's table. */
export interface RowCells {
  readonly cells: ArrayLike<number>;
  /** Index of the first cell of the first row. */
  readonly at: number;
  readonly rows: number;
}

/** Projects rows to a view. */
export class Projector {
  readonly #view: View;
  /** Number of columns of the table. */
  readonly #columns: number;
  readonly #curves: readonly (CurveReader | undefined)[];
  /** One column of a batch. */
  readonly #column = new Float64Array(CHUNK_ROWS);

  /** @param columns number of columns of the table */
  constructor(view: View, columns: number) {
    this.#view = view;
    this.#columns = columns;
    this.#curves = view.features.map(({ transform }) =>
      transform.kind === "curve" ? new CurveReader(transform.curve) : undefined
    );
  }

  /**
   * Writes the features of rows, float32, to `out`, and whether each is observed to `observed`, both from their start.
   * @returns whether all are observed
   */
  write({ cells, at, rows }: RowCells, out: Values, observed: Uint8Array): boolean {
    let isWhole = true;
    for (let first = 0; first < rows; first += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, rows - first);
      const part = { cells, at: at + first * this.#columns, rows: count };
      isWhole = this.#writeChunk(part, first * this.#view.features.length, out, observed) &&
        isWhole;
    }
    return isWhole;
  }

  #writeChunk(part: RowCells, to: number, out: Values, observed: Uint8Array): boolean {
    const { features } = this.#view, width = features.length, values = this.#column;
    const { rows } = part;
    let isWhole = true, isObserved = true;
    for (let f = 0, gathered = -1; f < width; f++) {
      const { column, transform } = features[f], curve = this.#curves[f];
      if (column !== gathered) isObserved = this.#gather(part, column);
      gathered = column;
      if (curve && transform.kind === "curve") {
        applyCurve(values, rows, curve, transform.mean, out, to + f, width);
      } else {
        transformAll(values, rows, transform, out, to + f, width);
      }
      isWhole &&= isObserved;
    }
    if (isWhole) observed.fill(1, to, to + rows * width);
    else this.#clear(part, to, out, observed);
    return isWhole;
  }

  /** Marks which features are observed, and sets the others to 0. */
  #clear({ cells, at, rows }: RowCells, to: number, out: Values, observed: Uint8Array): void {
    const { features } = this.#view, columns = this.#columns;
    for (let r = 0; r < rows; r++, at += columns) {
      for (let f = 0; f < features.length; f++, to++) {
        const cell = cells[at + features[f].column];
        observed[to] = cell === cell ? 1 : 0;
        if (cell !== cell) out[to] = 0;
      }
    }
  }

  /** Gathers one column. @returns whether all of its cells are observed */
  #gather({ cells, at, rows }: RowCells, column: number): boolean {
    const values = this.#column, columns = this.#columns;
    let isObserved = true;
    for (let r = 0, i = at + column; r < rows; r++, i += columns) {
      const cell = cells[i];
      values[r] = cell;
      if (cell !== cell) isObserved = false;
    }
    return isObserved;
  }
}

/** Transforms a column of cells to a column of `out`, with stride `step`. */
function transformAll(
  values: Float64Array,
  rows: number,
  transform: Transform,
  out: Values,
  to: number,
  step: number,
): void {
  if (transform.kind === "arcsinh") {
    const { centre, scale, mean, deviation } = transform;
    for (let r = 0; r < rows; r++, to += step) {
      out[to] = Math.fround(clamped((asinh((values[r] - centre) / scale) - mean) / deviation));
    }
    return;
  }
  for (let r = 0; r < rows; r++, to += step) {
    out[to] = Math.fround(transformAt(transform, values[r]));
  }
}

/** The same for a transform by a curve. */
function applyCurve(
  values: Float64Array,
  rows: number,
  curve: CurveReader,
  mean: number,
  out: Values,
  to: number,
  step: number,
): void {
  for (let r = 0; r < rows; r++, to += step) {
    out[to] = Math.fround(clamped(curve.at(values[r]) - mean));
  }
}

/** Rows in a view. */
export interface Projection {
  /** `[rows, features]` */
  readonly x: Matrix;
  /** For each value, whether its cell is observed. */
  readonly observed: Uint8Array;
}

/** @param columns number of columns of the table */
export function project(view: View, { data, rows }: Cells, columns: number): Projection {
  const width = view.features.length;
  const x = new Float32Array(rows * width), observed = new Uint8Array(rows * width);
  new Projector(view, columns).write({ cells: data, at: 0, rows }, x, observed);
  return { x: { data: x, shape: [rows, width] }, observed };
}
