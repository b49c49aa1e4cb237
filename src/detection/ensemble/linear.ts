/**
 * The linear regression of every feature on all others, from the covariance C of rows: with P = (C + ridge)⁻¹
 *
 *   x_f - E[x_f | others] = (x P)_f / P_ff,  of variance 1 / P_ff   (Gaussian conditionals)
 *
 * so x W with W = P diag(P)^(-½) holds every residual in units of its own standard deviation, and W_ff² = P_ff.
 */
import { choleskySteps, inverseSteps } from "../../core/algebra/cholesky.ts";
import type { Steps } from "../../trained/steps.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";

/** Added to each variance, so that two equal columns do not explain each other exactly. */
const RIDGE = 0.01;

/** Multiply-adds between two pauses: some ten milliseconds. */
const PAUSE = 2 ** 23;

/** Pieces of rows that take about as long as one pause may wait. @param features of which each row takes the square */
export function* piecesOfRows(rows: Uint32Array, features: number): Generator<Uint32Array> {
  const length = Math.max(1, Math.floor(PAUSE / features ** 2));
  for (let at = 0; at < rows.length; at += length) yield rows.subarray(at, at + length);
}

/** Running sums over rows from which the covariance is computed. */
export class CovarianceSums {
  readonly #features: number;
  readonly #sum: Float64Array;
  readonly #products: Float64Array;
  #rows = 0;

  constructor(features: number) {
    this.#features = features;
    this.#sum = new Float64Array(features);
    this.#products = new Float64Array(features * features);
  }

  /** Adds rows by index, or removes them again. */
  add({ data }: Matrix, indices: Uint32Array, sign: 1 | -1 = 1): this {
    const width = this.#features;
    this.#rows += sign * indices.length;
    for (const row of indices) {
      const at = row * width;
      for (let i = 0; i < width; i++) {
        const value = sign * data[at + i];
        if (value === 0) continue;
        this.#sum[i] += value;
        for (let j = 0; j <= i; j++) this.#products[i * width + j] += value * data[at + j];
      }
    }
    return this;
  }

  /** The same in pieces. */
  *adding(x: Matrix, indices: Uint32Array, sign: 1 | -1 = 1): Steps<this> {
    for (const piece of piecesOfRows(indices, this.#features)) {
      this.add(x, piece, sign);
      yield;
    }
    return this;
  }

  /** Population covariance `[F, F]`, symmetric. */
  covariance(): Float64Array {
    const width = this.#features, n = Math.max(1, this.#rows);
    const covariance = new Float64Array(width * width);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) {
        const value = this.#products[i * width + j] / n - this.#sum[i] / n * this.#sum[j] / n;
        covariance[i * width + j] = covariance[j * width + i] = value;
      }
    }
    return covariance;
  }
}

/** Computes W from a covariance. */
export function* linearResiduals(covariance: Float64Array, features: number): Steps<Float32Array> {
  const ridged = covariance.slice();
  for (let f = 0; f < features; f++) {
    // A variance is never negative, but a rounded difference of sums can be.
    ridged[f * features + f] = Math.max(0, ridged[f * features + f]) + RIDGE;
  }
  const precision = yield* inverseSteps(yield* choleskySteps(ridged, features), features);
  const scale = Float64Array.from(
    { length: features },
    (_, f) => Math.sqrt(precision[f * (features + 1)]),
  );
  const weight = new Float32Array(features * features);
  for (let d = 0, i = 0; d < features; d++) {
    for (let f = 0; f < features; f++, i++) weight[i] = precision[i] / scale[f];
  }
  return weight;
}

/** Σ_f of the squared residuals of a row over the observed features, scaled up to all. */
export function linearStatistic(
  { data }: Matrix,
  row: number,
  weight: Float32Array,
  observed: Uint8Array,
  features: number,
): number {
  const at = row * features;
  let sum = 0, observedCount = 0;
  for (let f = 0; f < features; f++) {
    if (observed[at + f] === 0) continue;
    observedCount++;
    let residual = 0;
    for (let d = 0; d < features; d++) residual += data[at + d] * weight[d * features + f];
    sum += residual * residual;
  }
  return sum * features / Math.max(1, observedCount);
}
