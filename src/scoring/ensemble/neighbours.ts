/**
 * The half-scaled distance of a row to its nearest references, relative to how far those are from their own:
 *
 *   t(x) = d(x) / √(mean of d(r) over the k nearest r),  d(x) = mean distance to the k nearest r
 *
 * It lies between plain kNN, which takes every row of a sparse region for an anomaly, and the full ratio (LOF,
 * Breunig et al., 2000), which ignores absolute distance. The program finds the nearest by ‖r‖² - 2 x·r
 * (`members.ts`); their distances are then computed exactly, in float64.
 */

import type { CodedRows } from "./coded_levels.ts";

/** k. */
export const NEIGHBOURS = 10;

/** Floor of distances, as a share of √F, the distance of an ordinary row from the mean. */
export const MIN_DISTANCE = 1e-3;

/** Reference rows, and the distance of each to its own k nearest. */
export interface References {
  /** `[R, F]`, as the program holds them. */
  readonly rows: Float32Array;
  /** `[R]`: d(r). */
  readonly spread: Float64Array;
  readonly features: number;
  /** `rows` as files have them, if some columns are categories. */
  readonly coded?: CodedRows;
}

/** How many nearest references the program returns, of `count`: one more than k, as a row may be its own neighbour. */
export function candidatesPerRow(count: number): number {
  return Math.min(NEIGHBOURS + 1, count);
}

type Values = Float32Array | Float64Array;

/** Rows in the memory of the program. */
export interface CandidateRows {
  /** Indices of the nearest references of each row, `candidatesPerRow` of them, nearest first. */
  readonly candidates: Values;
  /** Features of the rows. */
  readonly x: Values;
  /** 1 for each observed feature; others are left out of the distances. Absent if all are observed. */
  readonly observed?: Uint8Array;
}

/** Finds the nearest references of rows, and the share of each feature in the distances. */
export class NeighbourStatistic {
  readonly #references: References;
  readonly #k: number;
  /** Per row: indices of its references, -1 past the last, and their distances. */
  readonly #neighbours: Int32Array;
  readonly #distances: Float64Array;

  /** @param capacity rows */
  constructor(references: References, capacity: number) {
    this.#references = references;
    this.#k = Math.min(NEIGHBOURS, references.spread.length);
    this.#neighbours = new Int32Array(capacity * this.#k);
    this.#distances = new Float64Array(capacity * this.#k);
  }

  /**
   * Stores the nearest references of row `slot`, and returns t(x).
   * @param ownReference a reference that is the row itself and must be skipped, or -1
   */
  compute({ candidates, x, observed }: CandidateRows, slot: number, ownReference = -1): number {
    const { spread, features } = this.#references, first = slot * features;
    const neighbours = this.#neighbours, distances = this.#distances;
    const perRow = candidatesPerRow(spread.length), start = slot * this.#k, end = start + this.#k;
    let to = start;
    for (let i = slot * perRow; i < (slot + 1) * perRow && to < end; i++) {
      const r = candidates[i] | 0;
      if (r !== ownReference) neighbours[to++] = r;
    }
    const observedCount = observed ? countOf(observed, first, features) : features;
    if (observedCount === features) this.#measure(x, first, start, to);
    else {
      const scale = features / Math.max(1, observedCount);
      this.#measureObserved(x, first, start, to, observed!, scale);
    }
    let sum = 0, spreads = 0;
    for (let k = start; k < to; k++) {
      sum += distances[k];
      spreads += spread[neighbours[k]];
    }
    const floor = MIN_DISTANCE * Math.sqrt(features), count = Math.max(1, to - start);
    while (to < end) neighbours[to++] = -1;
    return Math.max(floor, sum / count) / Math.sqrt(Math.max(floor, spreads / count));
  }

  /** Distances of the row at `first` to references `start` to `to`, in pairs: two sums run in parallel. */
  #measure(x: Values, first: number, start: number, to: number): void {
    const { rows, features } = this.#references,
      neighbours = this.#neighbours,
      distances = this.#distances;
    for (let k = start; k < to; k += 2) {
      const next = Math.min(k + 1, to - 1),
        offsetA = neighbours[k] * features,
        offsetB = neighbours[next] * features;
      let square = 0, other = 0;
      for (let f = 0; f < features; f++) {
        const value = x[first + f], d = value - rows[offsetA + f], e = value - rows[offsetB + f];
        square += d * d;
        other += e * e;
      }
      distances[k] = Math.sqrt(square);
      distances[next] = Math.sqrt(other);
    }
  }

  /** Distances over the observed features, scaled up as if the missing ones were equally far apart. */
  #measureObserved(
    x: Values,
    first: number,
    start: number,
    to: number,
    observed: Uint8Array,
    scale: number,
  ): void {
    const { rows, features } = this.#references;
    for (let k = start; k < to; k++) {
      const from = this.#neighbours[k] * features;
      let square = 0;
      for (let f = 0; f < features; f++) {
        const difference = observed[first + f] === 1 ? x[first + f] - rows[from + f] : 0;
        square += difference * difference;
      }
      this.#distances[k] = Math.sqrt(square * scale);
    }
  }

  /**
   * Writes the share of each feature in the distances of row `slot` to `out`: its squared differences divided by the
   * distances. `find` must have run for the row.
   */
  share({ x, observed }: CandidateRows, slot: number, out: Float64Array): void {
    const { rows, features } = this.#references, first = slot * features;
    const neighbours = this.#neighbours, distances = this.#distances;
    for (let f = 0; f < features; f++) out[f] = 0;
    for (let k = slot * this.#k; k < (slot + 1) * this.#k && neighbours[k] >= 0; k++) {
      const from = neighbours[k] * features, distance = distances[k];
      if (distance === 0) continue;
      for (let f = 0; f < features; f++) {
        const difference = x[first + f] - rows[from + f];
        out[f] += difference * difference / distance;
      }
    }
    if (!observed) return;
    for (let f = 0; f < features; f++) if (observed[first + f] === 0) out[f] = 0;
  }
}

function countOf(observed: Uint8Array, first: number, features: number): number {
  let count = 0;
  for (let f = 0; f < features; f++) count += observed[first + f];
  return count;
}
