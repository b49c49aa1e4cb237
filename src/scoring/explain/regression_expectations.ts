/**
 * What an ensemble expects of a cell, given the row's other cells: its regression of every feature on the others, in
 * the last view, where every number has normal quantiles (a Gaussian copula).
 *
 * The expected value is the conditional median, mapped back through the column's curve. The ends of the interval are
 * x̂ + s q, s the conditional deviation, q quantiles of (x - x̂) / s over the reference rows in the file, which need
 * not be Gaussian; if these are too few, normal quantiles. Reference rows were trained on, so each residual is
 * corrected by leverage to that of a regression without its row (1 - h, h = (1 + x_Oᵀ P_O x_O) / rows; Allen, 1974).
 * Monotone curves preserve the level of the interval. Of a category, the point of its level is predicted like numbers,
 * and the level that is most probable given the prediction is expected. Times cannot be mapped back.
 */
import { portableExp, portableLog } from "../../core/portable.ts";
import { normalQuantile } from "../../core/probability/normal_quantile.ts";
import type { EnsembleModel } from "../ensemble/ensemble.ts";
import type { Part } from "../ensemble/part.ts";
import type { ColumnSchema } from "../table/schema.ts";
import type { Cells } from "../table/cells.ts";
import { project } from "../views/projector.ts";
import { transformInverse } from "../views/view.ts";
import { conditional, conditionalTerm, perFreedom, precisionOf } from "./conditional.ts";
import { type CellExpectation, type ExpectationModel, NOTHING } from "./expectation.ts";

export class RegressionExpectations implements ExpectationModel {
  readonly #part: Part;
  readonly #weight: Float32Array;
  readonly #precision: Float64Array;
  readonly #schema: readonly ColumnSchema[];
  /** Indices of the features of each column. */
  readonly #features: readonly (readonly number[])[];
  readonly #missing: ArrayLike<number>;
  /** Residuals of all features; computed when first needed. */
  #reference?: { readonly residuals: Float64Array; readonly distances: Float64Array };
  /** Standardised residuals of the reference rows by feature, ascending; computed when first needed. */
  readonly #residuals = new Map<number, Float64Array>();

  /** @param missing share of the cells of each column that were missing when the model was fitted */
  constructor(
    { parts, parameters }: EnsembleModel,
    schema: readonly ColumnSchema[],
    missing: ArrayLike<number>,
  ) {
    const part = parts[parts.length - 1], { features } = part.view;
    this.#part = part;
    this.#weight = parameters.get(`${part.view.name}.linear.weight`)!;
    this.#precision = precisionOf(this.#weight, features.length);
    this.#schema = schema;
    this.#missing = missing;
    this.#features = schema.map((_, c) =>
      features.flatMap(({ column }, f) => column === c ? [f] : [])
    );
  }

  expect(cells: Cells, blamed: Int32Array, level: number): CellExpectation[] {
    const perRow = blamed.length / Math.max(1, cells.rows), found: CellExpectation[] = [];
    for (const [r, { x, missing }] of this.#project(cells).entries()) {
      // A column is judged only by columns blamed less, because those blamed more may be wrong themselves.
      const unknown = new Set(missing);
      for (let k = r * perRow; k < (r + 1) * perRow; k++) {
        const features = blamed[k] < 0 ? [] : this.#features[blamed[k]];
        for (const f of features) unknown.add(f);
        found.push(features.length === 0 ? NOTHING : this.#cell(x, blamed[k], [...unknown], level));
      }
    }
    return found;
  }

  shares(cells: Cells): Float64Array {
    const width = this.#schema.length, terms = new Float64Array(cells.rows * width);
    for (const [r, { x, missing }] of this.#project(cells).entries()) {
      const filled = missing.length > 0 ? imputed(this.#precision, x, missing) : x;
      for (let c = 0; c < width; c++) {
        if (Number.isNaN(cells.data[r * width + c])) continue;
        const columnFeatures = this.#features[c],
          term = conditionalTerm(this.#precision, filled, columnFeatures);
        terms[r * width + c] = perFreedom(term, this.#freedom(c));
      }
    }
    return terms;
  }

  #freedom(column: number): number {
    return Math.max(1, this.#features[column].length);
  }

  /** Rows of the view, and their missing features. */
  #project(cells: Cells): { readonly x: Float32Array; readonly missing: readonly number[] }[] {
    const { x: { data, shape: [rows, width] }, observed } = project(
      this.#part.view,
      cells,
      this.#schema.length,
    );
    return Array.from({ length: rows }, (_, r) => ({
      x: data.subarray(r * width, (r + 1) * width),
      missing: [...observed.subarray(r * width, (r + 1) * width)]
        .flatMap((isObserved, f) => isObserved === 1 ? [] : [f]),
    }));
  }

  #cell(
    x: Float32Array,
    column: number,
    targets: readonly number[],
    level: number,
  ): CellExpectation {
    const { features } = this.#part.view, columnFeatures = this.#features[column];
    const { kind } = features[columnFeatures[0]].transform;
    if (kind === "cycle") return NOTHING;
    const { mean, deviation } = conditional(this.#precision, x, targets);
    if (kind === "point") {
      const places = columnFeatures.map((each) => targets.indexOf(each));
      return this.#mostProbable(
        columnFeatures,
        places.map((i) => mean[i]),
        places.map((i) => deviation[i]),
      );
    }
    const [f] = columnFeatures, i = targets.indexOf(f), { transform } = features[f];
    const [low, high] = this.#quantiles(column, f, level);
    const back = (steps: number) => transformInverse(transform, mean[i] + steps * deviation[i]);
    return { expected: back(0), low: back(low), high: back(high), probability: NaN };
  }

  /**
   * The most probable level, by Bayes' rule for the points of levels, as common as among the reference rows:
   *
   *   p(l | x) ∝ p_l N(y_l; ŷ, s²) / N(y_l; 0, v),  v = Σ_l p_l y_l²
   */
  #mostProbable(
    columnFeatures: readonly number[],
    mean: readonly number[],
    deviation: readonly number[],
  ): CellExpectation {
    const points = columnFeatures.map((f) => {
      const { transform } = this.#part.view.features[f];
      return transform.kind === "point" ? transform.values : new Float32Array();
    });
    const counts = this.#levelCounts(columnFeatures, points), rows = sumOf(counts);
    const variances = points.map((point) =>
      sumOf([...point].map((y, l) => counts[l] * y * y)) / rows
    );
    const logs = Float64Array.from(
      counts,
      (count, l) =>
        portableLog(count) + sumOf(points.map((point, k) => {
          const prior = variances[k] > 0 ? point[l] ** 2 / variances[k] : 0;
          return (prior - ((point[l] - mean[k]) / deviation[k]) ** 2) / 2;
        })),
    );
    const most = Math.max(...logs), expected = logs.indexOf(most);
    const probability = 1 / sumOf([...logs].map((log) => portableExp(log - most)));
    return { expected, low: NaN, high: NaN, probability };
  }

  /** How many of the reference rows have each level, the nearest if their cell was filled in. */
  #levelCounts(columnFeatures: readonly number[], points: readonly Float32Array[]): Float64Array {
    const { rows, features, spread } = this.#part.references;
    const counts = new Float64Array(points[0].length);
    for (let r = 0; r < spread.length; r++) {
      const squares = Array.from(
        counts,
        (_, l) =>
          sumOf(points.map((point, k) => (point[l] - rows[r * features + columnFeatures[k]]) ** 2)),
      );
      counts[squares.indexOf(Math.min(...squares))]++;
    }
    return counts;
  }

  /**
   * The interval that contains the middle share `level` of the reference rows, in deviations from the expected value.
   */
  #quantiles(column: number, f: number, level: number): [number, number] {
    const sorted = this.#residuals.get(f) ?? this.#residualsOf(f);
    this.#residuals.set(f, sorted);
    // Missing cells of reference rows hold their expected value, so they lie in the middle.
    const observed = sorted.length * (1 - (this.#missing[column] ?? 0));
    const outside = Math.floor((1 - level) / 2 * (observed + 1));
    if (outside >= 1) return [sorted[outside - 1], sorted[sorted.length - outside]];
    const quantile = normalQuantile((1 + level) / 2);
    return [-quantile, quantile];
  }

  /**
   * (x - x̂) / s of each reference row under a regression without it, ascending: its own residual
   * z_f = (x P)_f / √P_ff, which is biased towards the row by its leverage h, divided by 1 - h.
   */
  #residualsOf(f: number): Float64Array {
    const { features, spread } = this.#part.references, rows = spread.length;
    const { residuals, distances } = this.#reference ??= this.#referenceResiduals();
    return Float64Array.from(spread, (_, r) => {
      const z = residuals[r * features + f];
      const leverage = (1 + distances[r] - z * z) / rows;
      return z / (1 - Math.min(leverage, MAX_LEVERAGE));
    }).sort();
  }

  /** z_f of each reference row, and xᵀ P x = Σ x_f √P_ff z_f. */
  #referenceResiduals(): { readonly residuals: Float64Array; readonly distances: Float64Array } {
    const { rows, features, spread } = this.#part.references;
    const residuals = new Float64Array(rows.length), distances = new Float64Array(spread.length);
    for (let r = 0; r < spread.length; r++) {
      const x = rows.subarray(r * features, (r + 1) * features);
      for (let f = 0; f < features; f++) {
        let z = 0;
        for (let d = 0; d < features; d++) z += x[d] * this.#weight[d * features + f];
        residuals[r * features + f] = z;
        distances[r] += x[f] * this.#weight[f * features + f] * z;
      }
    }
    return { residuals, distances };
  }
}

const sumOf = (values: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
};

/** If there were more training rows than references, the leverage of a reference row is overestimated. */
const MAX_LEVERAGE = 0.9;

/** The row with its missing features replaced by their expected values. */
function imputed(
  precision: Float64Array,
  x: Float32Array,
  missing: readonly number[],
): Float32Array {
  const filled = x.slice(), { mean } = conditional(precision, x, missing);
  missing.forEach((f, i) => filled[f] = mean[i]);
  return filled;
}
