/**
 * Rows of cells as the rows of a view, column by column: what a column's cells become is looked up once for all
 * rows. A missing cell (NaN) becomes 0, the mean, and counts as not observed.
 */
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Cells } from "../table/cells.ts";
import { CurveReader } from "./curve.ts";
import { asinh, limited, type Transform, transformAt, type View } from "./view.ts";

type Values = Float32Array | Float64Array;

/** The rows that are gathered at a time: their cells stay in the first cache. */
const ROWS = 128;

/** Some rows of the user's table. */
export interface RowCells {
  readonly cells: ArrayLike<number>;
  /** The first cell of the first row. */
  readonly at: number;
  readonly rows: number;
}

/** A view at work. */
export class Projector {
  readonly #view: View;
  /** Of the table. */
  readonly #columns: number;
  readonly #curves: readonly (CurveReader | undefined)[];
  /** One column of some rows. */
  readonly #column = new Float64Array(ROWS);

  /** @param columns of the table */
  constructor(view: View, columns: number) {
    this.#view = view;
    this.#columns = columns;
    this.#curves = view.features.map(({ transform }) =>
      transform.kind === "curve" ? new CurveReader(transform.curve) : undefined
    );
  }

  /**
   * Writes the features of rows, float32, to `out`, and which of them are there to `observed`, both from
   * their start.
   * @returns whether all are there
   */
  write({ cells, at, rows }: RowCells, out: Values, observed: Uint8Array): boolean {
    let isWhole = true;
    for (let first = 0; first < rows; first += ROWS) {
      const count = Math.min(ROWS, rows - first);
      const part = { cells, at: at + first * this.#columns, rows: count };
      isWhole = this.#writeSome(part, first * this.#view.features.length, out, observed) && isWhole;
    }
    return isWhole;
  }

  #writeSome(part: RowCells, to: number, out: Values, observed: Uint8Array): boolean {
    const { features } = this.#view, width = features.length, values = this.#column;
    const { rows } = part;
    let isWhole = true, isThere = true;
    for (let f = 0, gathered = -1; f < width; f++) {
      const { column, transform } = features[f], curve = this.#curves[f];
      if (column !== gathered) isThere = this.#gather(part, column);
      gathered = column;
      if (curve && transform.kind === "curve") {
        bend(values, rows, curve, transform.mean, out, to + f, width);
      } else {
        transformAll(values, rows, transform, out, to + f, width);
      }
      isWhole &&= isThere;
    }
    if (isWhole) observed.fill(1, to, to + rows * width);
    else this.#clear(part, to, out, observed);
    return isWhole;
  }

  /** Says which features are there, and makes those that are not 0. */
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

  /** One column; whether all of its cells are there. */
  #gather({ cells, at, rows }: RowCells, column: number): boolean {
    const values = this.#column, columns = this.#columns;
    let isThere = true;
    for (let r = 0, i = at + column; r < rows; r++, i += columns) {
      const cell = cells[i];
      values[r] = cell;
      if (cell !== cell) isThere = false;
    }
    return isThere;
  }
}

/** A column of `out`, of width `step`, from a column of cells. */
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
      out[to] = Math.fround(limited((asinh((values[r] - centre) / scale) - mean) / deviation));
    }
    return;
  }
  for (let r = 0; r < rows; r++, to += step) {
    out[to] = Math.fround(transformAt(transform, values[r]));
  }
}

/** The same of a transform by a curve. */
function bend(
  values: Float64Array,
  rows: number,
  curve: CurveReader,
  mean: number,
  out: Values,
  to: number,
  step: number,
): void {
  for (let r = 0; r < rows; r++, to += step) {
    out[to] = Math.fround(limited(curve.at(values[r]) - mean));
  }
}

/** Rows as a view has them. */
export interface Projection {
  /** `[rows, features]` */
  readonly x: Matrix;
  /** Of each value, whether its cell is there. */
  readonly observed: Uint8Array;
}

/** @param columns of the table */
export function project(view: View, { data, rows }: Cells, columns: number): Projection {
  const width = view.features.length;
  const x = new Float32Array(rows * width), observed = new Uint8Array(rows * width);
  new Projector(view, columns).write({ cells: data, at: 0, rows }, x, observed);
  return { x: { data: x, shape: [rows, width] }, observed };
}
