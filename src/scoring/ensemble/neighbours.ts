/**
 * The half-scaled distance of a row to its nearest references, relative to how far those are from their own:
 *
 *   t(x) = d(x) / √(mean of d(r) over the k nearest r),  d(x) = mean distance to the k nearest r
 *
 * It lies between plain kNN, which takes every row of a sparse region for an anomaly, and the full ratio (LOF,
 * Breunig et al., 2000), which ignores absolute distance. The program finds the nearest by ‖r‖² - 2 x·r
 * (`members.ts`); their distances are then computed exactly, in float64.
 */

/** k. */
export const NEIGHBOURS = 10;

/** Floor of distances, as a share of √F, the distance of an ordinary row from the mean. */
export const NEAREST = 1e-3;

/** Reference rows, and the distance of each to its own k nearest. */
export interface References {
  /** `[R, F]`, as the program holds them. */
  readonly rows: Float32Array;
  /** `[R]`: d(r). */
  readonly spread: Float64Array;
  readonly features: number;
}

/** How many nearest references the program returns, of `count`: one more than k, as a row may be its own neighbour. */
export function placesOf(count: number): number {
  return Math.min(NEIGHBOURS + 1, count);
}

type Values = Float32Array | Float64Array;

/** Rows in the memory of the program. */
export interface PlacedRows {
  /** Indices of the nearest references of each row, `placesOf` of them, nearest first. */
  readonly places: Values;
  /** Features of the rows. */
  readonly x: Values;
  /** 1 for each observed feature; others are left out of the distances. Absent if all are observed. */
  readonly observed?: Uint8Array;
}

/** Finds the nearest references of rows, and the share of each feature in the distances. */
export class Nearest {
  readonly #references: References;
  readonly #most: number;
  /** Per row: indices of its references, -1 past the last, and their distances. */
  readonly #place: Int32Array;
  readonly #distance: Float64Array;

  /** @param capacity rows */
  constructor(references: References, capacity: number) {
    this.#references = references;
    this.#most = Math.min(NEIGHBOURS, references.spread.length);
    this.#place = new Int32Array(capacity * this.#most);
    this.#distance = new Float64Array(capacity * this.#most);
  }

  /**
   * Stores the nearest references of row `slot`, and returns t(x).
   * @param own a reference that is the row itself and must be skipped, or -1
   */
  find({ places, x, observed }: PlacedRows, slot: number, own = -1): number {
    const { spread, features } = this.#references, first = slot * features;
    const place = this.#place, distances = this.#distance;
    const given = placesOf(spread.length), start = slot * this.#most, end = start + this.#most;
    let to = start;
    for (let i = slot * given; i < (slot + 1) * given && to < end; i++) {
      const r = places[i] | 0;
      if (r !== own) place[to++] = r;
    }
    const there = observed ? countOf(observed, first, features) : features;
    if (there === features) this.#measure(x, first, start, to);
    else this.#measureThere(x, first, start, to, observed!, features / Math.max(1, there));
    let sum = 0, around = 0;
    for (let k = start; k < to; k++) {
      sum += distances[k];
      around += spread[place[k]];
    }
    const floor = NEAREST * Math.sqrt(features), count = Math.max(1, to - start);
    while (to < end) place[to++] = -1;
    return Math.max(floor, sum / count) / Math.sqrt(Math.max(floor, around / count));
  }

  /** Distances of the row at `first` to references `start` to `to`, in pairs: two sums run in parallel. */
  #measure(x: Values, first: number, start: number, to: number): void {
    const { rows, features } = this.#references, place = this.#place, distances = this.#distance;
    for (let k = start; k < to; k += 2) {
      const next = Math.min(k + 1, to - 1), one = place[k] * features, two = place[next] * features;
      let square = 0, other = 0;
      for (let f = 0; f < features; f++) {
        const value = x[first + f], d = value - rows[one + f], e = value - rows[two + f];
        square += d * d;
        other += e * e;
      }
      distances[k] = Math.sqrt(square);
      distances[next] = Math.sqrt(other);
    }
  }

  /** Distances over the observed features, scaled up as if the missing ones were equally far apart. */
  #measureThere(
    x: Values,
    first: number,
    start: number,
    to: number,
    observed: Uint8Array,
    scale: number,
  ): void {
    const { rows, features } = this.#references;
    for (let k = start; k < to; k++) {
      const from = this.#place[k] * features;
      let square = 0;
      for (let f = 0; f < features; f++) {
        const difference = observed[first + f] === 1 ? x[first + f] - rows[from + f] : 0;
        square += difference * difference;
      }
      this.#distance[k] = Math.sqrt(square * scale);
    }
  }

  /**
   * Writes the share of each feature in the distances of row `slot` to `out`: its squared differences divided by the
   * distances. `find` must have run for the row.
   */
  share({ x, observed }: PlacedRows, slot: number, out: Float64Array): void {
    const { rows, features } = this.#references, first = slot * features;
    const place = this.#place, distances = this.#distance;
    for (let f = 0; f < features; f++) out[f] = 0;
    for (let k = slot * this.#most; k < (slot + 1) * this.#most && place[k] >= 0; k++) {
      const from = place[k] * features, distance = distances[k];
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
