/**
 * What networks of windows (presets "small" and "ensemble") expect of a step's cell, given the window with the step in
 * its middle: what the model of rows expects of the cell of the window.
 *
 * A fault lasts longer than a step, and networks cannot tell which cells are wrong. So the column's cells less than a
 * quarter of a window from the step count as missing, too, and stay so for columns blamed less.
 */
import { windowsOf } from "../series/windows.ts";
import type { Cells } from "../table/cells.ts";
import { type CellExpectation, type ExpectationModel, NOTHING } from "./expectation.ts";

/** Steps whose windows are held at once. */
const CHUNK = 256;

/** The shape of a series. */
interface Shape {
  readonly columns: number;
  /** Steps of a window. */
  readonly window: number;
}

export class WindowExpectations implements ExpectationModel {
  readonly #model: ExpectationModel;
  readonly #shape: Shape;

  /** @param model of windows as rows */
  constructor(model: ExpectationModel, shape: Shape) {
    this.#model = model;
    this.#shape = shape;
  }

  expect(cells: Cells, blamed: Int32Array, level: number): CellExpectation[] {
    const perRow = blamed.length / Math.max(1, cells.rows);
    const expectations = new Array<CellExpectation>(blamed.length).fill(NOTHING);
    const wanted = [...Array(cells.rows).keys()].filter((r) => blamed[r * perRow] >= 0);
    for (let at = 0; at < wanted.length; at += CHUNK) {
      const steps = wanted.slice(at, at + CHUNK);
      const windows = steps.map((r) => this.#windowAround(cells, r));
      for (let k = 0; k < perRow; k++) {
        const columns = steps.map((r) => blamed[r * perRow + k]);
        this.#expectColumn(windows, columns, level).forEach((expectation, i) =>
          expectations[steps[i] * perRow + k] = expectation
        );
      }
    }
    return expectations;
  }

  /** Blanks the columns' cells around the steps, and asks for those of the steps; -1 for none. */
  #expectColumn(
    windows: readonly StepWindow[],
    columns: readonly number[],
    level: number,
  ): CellExpectation[] {
    const { columns: width, window } = this.#shape, reach = (window - 1) >> 2;
    const data = new Float64Array(windows.length * window * width);
    const blamed = Int32Array.from(columns, (c, i) => c < 0 ? -1 : windows[i].step * width + c);
    windows.forEach(({ cells, step }, i) => {
      const first = Math.max(0, step - reach), end = Math.min(window, step + reach + 1);
      for (let t = first; t < end && columns[i] >= 0; t++) cells[t * width + columns[i]] = NaN;
      data.set(cells, i * cells.length);
    });
    return this.#model.expect({ data, rows: windows.length }, blamed, level);
  }

  /** The window around step `r`, or the nearest to it, and the place of the step in it. */
  #windowAround(cells: Cells, r: number): StepWindow {
    const { columns, window } = this.#shape;
    const first = Math.min(Math.max(0, r - (window >> 1)), cells.rows - window);
    return { step: r - first, cells: windowsOf(cells, columns, window, first, 1).data };
  }
}

/** A window's cells, and the place of the step in it. */
interface StepWindow {
  readonly step: number;
  readonly cells: Float64Array;
}
