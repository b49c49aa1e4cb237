/**
 * What a linear model of windows (preset "linear") expects of a step's cell, given the window with the step in its
 * middle: the conditional distribution given the cells of the window that are trusted (`known_cells.ts`).
 *
 * A fault lasts longer than a step, so the column's other cells in the window may be wrong as well. The one that is
 * most unlike what all others expect of it
 * is left out again and again, until none is more than `FAR` deviations off or half of them are gone. Cells left out
 * for a column that is blamed more stay out.
 *
 * σ² is one for all columns. The interval has each column's own residual variance instead: its mean square in training,
 * from the mean costs in the file, by what the model says it is, σ² (1 - h).
 */
import { portableExp, portableLog } from "../../core/portable.ts";
import { normalQuantile } from "../../core/probability/normal_quantile.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { TrainedVae } from "../../trained/trained_vae.ts";
import { windowsOf } from "../series/windows.ts";
import type { Cells } from "../table/cells.ts";
import { standardize } from "../table/standardize.ts";
import type { TableModel } from "../table_model.ts";
import { type CellExpectation, type ExpectationModel, NOTHING } from "./expectation.ts";
import { type Factors, KnownCells } from "./known_cells.ts";

/** Deviations beyond which a cell is not trusted: one in 4,000 ordinary cells. */
const MAX_DEVIATIONS = 3.5;

export class SeriesExpectations implements ExpectationModel {
  readonly #table: TableModel;
  readonly #window: number;
  readonly #factors: Factors;
  /** For each cell of a window, its VAE columns. */
  readonly #dimensions: readonly (readonly number[])[];
  /** For each column of the table, its residual variance by that of the model. */
  readonly #ratios: Float64Array;

  /** @throws TypeError unless the model is linear */
  constructor(vae: TrainedVae, table: TableModel, window: number) {
    this.#table = table;
    this.#window = window;
    this.#factors = factorsOf(vae);
    const dimensions = Array.from(table.typical, (): number[] => []);
    table.expansion.owner.forEach((cell, d) => dimensions[cell].push(d));
    this.#dimensions = dimensions;
    this.#ratios = this.#varianceRatios();
  }

  expect(cells: Cells, blamed: Int32Array, level: number): CellExpectation[] {
    const perRow = blamed.length / Math.max(1, cells.rows);
    const expectations = new Array<CellExpectation>(blamed.length).fill(NOTHING);
    const quantile = normalQuantile((1 + level) / 2);
    for (let r = 0; r < cells.rows; r++) {
      if (blamed[r * perRow] < 0) continue;
      const { step, known } = this.#windowAround(cells, r);
      for (let k = r * perRow; k < (r + 1) * perRow && blamed[k] >= 0; k++) {
        expectations[k] = this.#cell(known, step, blamed[k], quantile);
      }
    }
    return expectations;
  }

  shares(): Float64Array {
    throw new TypeError("Cannot explain conditionally: the model scores a series");
  }

  /** The window around step `r`, or the nearest to it, and the place of the step in it. */
  #windowAround(cells: Cells, r: number): { readonly step: number; readonly known: KnownCells } {
    const { schema, expansion, standardization } = this.#table, window = this.#window;
    const first = Math.min(Math.max(0, r - (window >> 1)), cells.rows - window);
    const windowCells = windowsOf(cells, schema.length, window, first, 1);
    const { data } = standardize(expansion.expand(windowCells), standardization);
    return { step: r - first, known: new KnownCells(this.#factors, data) };
  }

  #cell(known: KnownCells, step: number, column: number, quantile: number): CellExpectation {
    const { schema, standardization: { centre, scale } } = this.#table;
    const { kind, levels = [] } = schema[column],
      dimensions = this.#dimensions[step * schema.length + column];
    for (const d of dimensions) known.leaveOut(d);
    if (dimensions.length === 1) this.#leaveOutFaults(known, column);
    if (dimensions.length === 0 || kind === "timestamp") return NOTHING;
    const inUnits = (d: number, x: number) => x * scale[d] + centre[d];
    if (dimensions.length > 1) {
      const shares = dimensions.map((d) => Math.max(0, inUnits(d, known.expected(d).mean)));
      const best = shares.indexOf(Math.max(...shares.slice(0, levels.length)));
      const total = shares.reduce((sum, share) => sum + share, 0);
      return { ...NOTHING, expected: best, probability: total > 0 ? shares[best] / total : NaN };
    }
    const [d] = dimensions, { mean, variance } = known.expected(d);
    const margin = quantile * Math.sqrt(variance * this.#ratios[column]);
    const [low, expected, high] = [mean - margin, mean, mean + margin].map((x) => inUnits(d, x));
    return { expected, low, high, probability: NaN };
  }

  /** Leaves out cells of a column that are unlike what the rest expects, the most unlike first. */
  #leaveOutFaults(known: KnownCells, column: number): void {
    const { length } = this.#table.schema, ratio = this.#ratios[column];
    const dimensions = Array.from(
      { length: this.#window },
      (_, t) => this.#dimensions[t * length + column][0],
    );
    for (let remaining = dimensions.length >> 1; remaining > 0; remaining--) {
      let worst = -1, maxSquare = MAX_DEVIATIONS * MAX_DEVIATIONS * ratio;
      for (const d of dimensions) {
        const square = known.has(d) ? known.squaredDeviation(d) : 0;
        if (square > maxSquare) [worst, maxSquare] = [d, square];
      }
      if (worst < 0) return;
      known.leaveOut(worst);
    }
  }

  /** Mean squares of residuals, Σ 2 σ² (cost - ½ ln 2πσ²), by Σ σ² (1 - h), over the cells of each column. */
  #varianceRatios(): Float64Array {
    const { schema, typical, costs = typical } = this.#table, { variance } = this.#factors;
    const allKnown = new KnownCells(this.#factors, new Float32Array(this.#factors.mean.length));
    const minCost = portableLog(2 * Math.PI * variance) / 2;
    const squares = new Float64Array(schema.length), known = new Float64Array(schema.length);
    this.#dimensions.forEach((dimensions, cell) => {
      if (dimensions.length !== 1) return;
      squares[cell % schema.length] += 2 * variance * Math.max(0, costs[cell] - minCost);
      known[cell % schema.length] += variance * (1 - allKnown.leverage(dimensions[0]));
    });
    return squares.map((square, c) => square > 0 && known[c] > 0 ? square / known[c] : 1);
  }
}

/** @throws TypeError unless the model is linear, with one variance */
function factorsOf(vae: TrainedVae): Factors {
  const { encoder, decoder, likelihood, latent: [{ size }] } = vae.spec as ModelSpec & {
    readonly latent: readonly { readonly size: number }[];
  };
  const isLinear = encoder.hidden.length === 0 && decoder.hidden.length === 0 &&
    likelihood.type === "gaussian" && likelihood.variance === "shared";
  if (!isLinear) {
    throw new TypeError(
      'Cannot explain: the model scores a series by networks, and only preset "linear" expects values of steps',
    );
  }
  const parameters = vae.parameters(), dataOf = (name: string) => parameters.get(name)!.data;
  return {
    loadings: dataOf("decoder.mean.weight"),
    mean: dataOf("decoder.mean.bias"),
    variance: Math.max(likelihood.minVariance, portableExp(dataOf("likelihood.logVar")[0])),
    latent: size,
  };
}
