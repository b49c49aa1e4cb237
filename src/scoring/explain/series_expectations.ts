/**
 * What a linear model of windows (preset "linear") expects of a step's cell, given the window with the step in its
 * middle: the conditional distribution given the cells of the window that are trusted (`known_cells.ts`).
 *
 * A fault lasts longer than a step, so the column's other cells in the window may be wrong as well. The one that is
 * most unlike what all others expect of it is left out again and again, until none is more than `MAX_DEVIATIONS` off or
 * three quarters of them are gone. Cells left out for a column that is blamed more stay out.
 *
 * A column's ψ has limits, and in older files is one for all columns. The interval has the residual variance of the
 * cell instead: its mean square in training, from the mean costs in the file, by what the model says it is, ψ (1 - h).
 */
import { portableExp, portableLog } from "../../core/portable.ts";
import { normalQuantile } from "../../core/probability/normal_quantile.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { TrainedVae } from "../../trained/trained_vae.ts";
import { requireWindows, spanMeans, spansOf, windowsOf } from "../series/windows.ts";
import type { Cells } from "../table/cells.ts";
import { standardize } from "../table/standardize.ts";
import type { ColumnSchema } from "../table/schema.ts";
import type { TableModel } from "../table_model.ts";
import { ColumnTerms } from "./column_terms.ts";
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
  /** For each cell of a window, its residual variance by that of the model. */
  readonly #ratios: Float64Array;

  /** @param vae a linear one */
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

  /** Those of a step are means over the windows that contain it, like its score. */
  shares(cells: Cells): Float64Array {
    const { schema, expansion, standardization } = this.#table, window = this.#window;
    const columns = schema.length, count = requireWindows(cells.rows, window);
    const spans = spansOf(cells, columns, window);
    const terms = new Float64Array(count * columns), freedom = new Float64Array(columns);
    const firsts = spans.flatMap(({ from, to }) =>
      Array.from({ length: to - window + 1 - from }, (_, w) => from + w)
    );
    for (const first of firsts) {
      const { data } = windowsOf(cells, columns, window, first, 1);
      const x = standardize(expansion.expand({ data, rows: 1 }), standardization).data;
      freedom.fill(0);
      data.forEach((cell, i) => {
        if (!Number.isNaN(cell)) freedom[i % columns] += freedomOf(schema[i % columns]);
      });
      terms.set(this.#terms().terms(x, freedom), first * columns);
    }
    return spanMeans(terms, spans, columns, window);
  }

  #columnTerms?: ColumnTerms;

  #terms(): ColumnTerms {
    const columns = this.#table.schema.length;
    const columnOf = Array.from(this.#table.expansion.owner, (cell) => cell % columns);
    return this.#columnTerms ??= new ColumnTerms(this.#factors, columnOf, columns);
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
    const ratio = this.#ratios[step * schema.length + column];
    const margin = quantile * Math.sqrt(variance * ratio);
    const [low, expected, high] = [mean - margin, mean, mean + margin].map((x) => inUnits(d, x));
    return { expected, low, high, probability: NaN };
  }

  /** Leaves out cells of a column that are unlike what the rest expects, the most unlike first. */
  #leaveOutFaults(known: KnownCells, column: number): void {
    const { length } = this.#table.schema;
    const dimensions = Array.from(
      { length: this.#window },
      (_, t) => this.#dimensions[t * length + column][0],
    );
    for (let remaining = (3 * dimensions.length) >> 2; remaining > 0; remaining--) {
      let worst = -1, maxSquare = MAX_DEVIATIONS * MAX_DEVIATIONS;
      for (const [t, d] of dimensions.entries()) {
        const ratio = this.#ratios[t * length + column];
        const square = known.has(d) ? known.squaredDeviation(d) / ratio : 0;
        if (square > maxSquare) [worst, maxSquare] = [d, square];
      }
      if (worst < 0) return;
      known.leaveOut(worst);
    }
  }

  /** For each cell of a window, the mean square of its residual, 2 ψ (cost - ½ ln 2πψ), by ψ (1 - h). */
  #varianceRatios(): Float64Array {
    const { typical, costs = typical } = this.#table, { variances, mean } = this.#factors;
    const allKnown = new KnownCells(this.#factors, new Float32Array(mean.length));
    return Float64Array.from(this.#dimensions, (dimensions, cell) => {
      if (dimensions.length !== 1) return 1;
      const [d] = dimensions, minCost = portableLog(2 * Math.PI * variances[d]) / 2;
      const square = 2 * Math.max(0, costs[cell] - minCost), known = 1 - allKnown.leverage(d);
      return square > 0 && known > 0 ? square / known : 1;
    });
  }
}

/** Numbers in a cell that could vary: the indicators of levels sum to one, and a time is two points on circles. */
function freedomOf({ kind, levels = [] }: ColumnSchema): number {
  if (kind === "timestamp") return 2;
  return kind === "categorical" ? Math.max(1, levels.length) : 1;
}

type LinearSpec = ModelSpec & { readonly latent: readonly { readonly size: number }[] };

/** The factors of a linear model. */
export function factorsOf(vae: TrainedVae): Factors {
  const { likelihood, latent: [{ size }] } = vae.spec as LinearSpec;
  const parameters = vae.parameters(), dataOf = (name: string) => parameters.get(name)!.data;
  const mean = dataOf("decoder.mean.bias"), logVars = dataOf("likelihood.logVar");
  const minVariance = likelihood.type === "gaussian" ? likelihood.minVariance : 0;
  const variances = Float64Array.from(
    mean,
    (_, d) => Math.max(minVariance, portableExp(logVars[d % logVars.length])),
  );
  return { loadings: dataOf("decoder.mean.weight"), mean, variances, latent: size };
}
