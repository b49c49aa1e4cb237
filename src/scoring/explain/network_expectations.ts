/**
 * What a single network expects of a cell, given the row's other cells: p(x | z) at the z of the row, after the cell,
 * and those blamed more, have been replaced by the model's reconstruction repeatedly.
 *
 * The interval of p(x | z) alone would be too narrow: σ is the error on cells that the encoder has seen, and the
 * reconstruction is biased towards the value it sees. If g(v) is the reconstruction of the cell when it holds v, and
 * x* = g(x*), then the error v - g(v) ≈ (1 - g') (v - x*) is within σ q if
 *
 *   v - x* is within σ q / (1 - g'),  g' = g(x* + 1) - g(x*) in standardised units
 *
 * This applies to likelihoods of standardised columns; for others the interval is that of p(x | z).
 */
import { portableExp } from "../../core/portable.ts";
import { definitionOf, type Group, groupsOf } from "../../distributions/likelihood.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { DRAW_PREFIX } from "../../trained/programs/point_programs.ts";
import { fillMissing } from "../../trained/calls/fill_missing.ts";
import type { Cells } from "../table/cells.ts";
import { standardize } from "../table/standardize.ts";
import type { TableModel } from "../table_model.ts";
import type { TrainedVae } from "../../trained/trained_vae.ts";
import { type CellExpectation, type ExpectationModel, NOTHING } from "./expectation.ts";
import { QUANTILES } from "./quantiles.ts";

/** How many times cells are filled in: a bias of one half then shrinks to 2⁻¹². */
const IMPUTATIONS = 12;

/** Upper limit of the bias g' of an encoder. */
const MAX_SELF_WEIGHT = 0.95;

type Outputs = Readonly<Record<string, Matrix>>;

export class NetworkExpectations implements ExpectationModel {
  readonly #vae: TrainedVae;
  readonly #table: TableModel;
  readonly #groups: readonly Group[];
  /** For each column: index of its first VAE column, and their number. */
  readonly #places: readonly (readonly [first: number, count: number])[];

  constructor(vae: TrainedVae, table: TableModel) {
    this.#vae = vae;
    this.#table = table;
    this.#groups = groupsOf(vae.spec.likelihood, vae.spec.inputs);
    const { owner } = table.expansion;
    this.#places = table.schema.map((_, c) => [
      owner.indexOf(c),
      owner.filter((column) => column === c).length,
    ]);
  }

  expect(cells: Cells, blamed: Int32Array, level: number): CellExpectation[] {
    const perRow = cells.rows === 0 ? 0 : blamed.length / cells.rows;
    const found = new Array<CellExpectation>(blamed.length).fill(NOTHING);
    const { expansion, standardization } = this.#table;
    const x = standardize(expansion.expand(cells), standardization);
    for (let k = 0; k < perRow; k++) {
      const columns = Int32Array.from({ length: cells.rows }, (_, r) => blamed[r * perRow + k]);
      // From here on the column is missing: for its own expectation, and for those of columns blamed less.
      columns.forEach((c, r) => c >= 0 && this.#blank(x, r, c));
      this.#expectColumn(x, columns, level).forEach((expectation, r) =>
        found[r * perRow + k] = expectation
      );
    }
    return found;
  }

  #blank({ data, shape: [, width] }: Matrix, r: number, c: number): void {
    const [first, count] = this.#places[c];
    data.fill(NaN, r * width + first, r * width + first + count);
  }

  /** Expectation for one column of each row; -1 for none. */
  #expectColumn(withMissing: Matrix, columns: Int32Array, level: number): CellExpectation[] {
    const x = fillMissing(this.#vae.onHost, withMissing, IMPUTATIONS);
    const outputs = this.#vae.onHost.sparse("conditional", x),
      selfWeights = this.#selfWeights(x, columns, outputs.mean);
    return Array.from(columns, (c, r) => {
      const isUnseen = c < 0 || this.#places[c][1] === 0;
      if (isUnseen || this.#table.schema[c].kind === "timestamp") return NOTHING;
      return this.#cell(outputs, r, c, level, selfWeights[r]);
    });
  }

  /** g', how much of a change of the cell appears in its reconstruction. */
  #selfWeights(x: Matrix, columns: Int32Array, mean: Matrix): Float64Array {
    const { onHost, spec: { inputs } } = this.#vae, width = x.shape[1];
    const outputs = [0, 1].map((step) => {
      const probe = { data: x.data.slice(), shape: x.shape };
      columns.forEach((c, r) => {
        if (c < 0 || this.#places[c][1] !== 1) return;
        const [d] = this.#places[c];
        probe.data[r * width + d] = mean.data[r * inputs + d] + step;
        probe.data[(r + 1) * width - inputs + d] = 1;
      });
      return onHost.sparse("reconstruct", probe).mean.data;
    });
    return Float64Array.from(columns, (c, r) => {
      const at = c < 0 ? 0 : r * inputs + this.#places[c][0];
      return Math.min(MAX_SELF_WEIGHT, Math.max(0, outputs[1][at] - outputs[0][at]));
    });
  }

  #cell(
    outputs: Outputs,
    r: number,
    c: number,
    level: number,
    selfWeight: number,
  ): CellExpectation {
    const [d, count] = this.#places[c];
    const { spec, first, columns, prefix } = this.#groups.find(({ first, columns }) =>
      first <= d && d < first + columns
    )!;
    const { mean } = outputs, mu = mean.data[r * mean.shape[1] + d];
    const quantile = QUANTILES[spec.type];
    if (count > 1) return mostProbable(mean.data, r * mean.shape[1] + d, count);
    if (!quantile) return { ...NOTHING, expected: mu };
    const read = (name: string) => {
      const { data, shape: [, width] } = outputs[DRAW_PREFIX + prefix + name];
      return data[r * width + (width === columns ? d - first : 0)];
    };
    const ends = [(1 - level) / 2, 0.5, (1 + level) / 2].map((p) => quantile(read, p));
    const { centre, scale } = this.#table.standardization;
    const widening = definitionOf(spec.type).standardizes ? 1 / (1 - selfWeight) : 1;
    const inUnits = (value: number) =>
      (ends[1] + widening * (value - ends[1])) * scale[d] + centre[d];
    const isLog = this.#table.expansion.isLog(this.#table.schema[c].kind);
    const [low, expected, high] = ends.map(inUnits).map((end) => isLog ? portableExp(end) : end);
    return { expected, low, high, probability: NaN };
  }
}

function mostProbable(values: Float32Array, at: number, count: number): CellExpectation {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[at + i] > values[at + best]) best = i;
  return { ...NOTHING, expected: best, probability: values[at + best] };
}
