/**
 * How far a row is from the nearest reference rows, for how far these are from theirs: the half-scaled
 * distance
 *
 *   t(x) = d(x) / √(mean of d(r) over the k nearest r),  d(x) = mean distance to the k nearest r
 *
 * Between plain kNN, which takes every row of a sparse region for an anomaly, and the full ratio (LOF,
 * Breunig et al., 2000), which forgets how far away is far. The program gives ‖r‖² - 2 x·r for every
 * reference; the distances of the k that it finds nearest are then taken exactly, in float64.
 */

/** k. */
export const NEIGHBOURS = 10;

/** A distance below this share of √F, the distance of an ordinary row from the mean, is none. */
const NEAREST = 1e-3;

/** Reference rows and how far each is from its own k nearest. */
export interface References {
  /** `[R, F]`, as the program has them. */
  readonly rows: Float32Array;
  /** `[R]`: d(r). */
  readonly spread: Float64Array;
  readonly features: number;
}

type Values = Float32Array | Float64Array;

/** The nearest references of a row, and what each feature has to do with it. Reused from row to row. */
export class Nearest {
  readonly #references: References;
  readonly #place: Int32Array;
  readonly #key: Float64Array;
  readonly #distance: Float64Array;
  #count = 0;

  constructor(references: References) {
    this.#references = references;
    const most = Math.min(NEIGHBOURS, references.spread.length);
    this.#place = new Int32Array(most);
    this.#key = new Float64Array(most);
    this.#distance = new Float64Array(most);
  }

  /**
   * Finds them, and returns t(x).
   * @param keys ‖r‖² - 2 x·r of each reference, from `at`
   * @param x the row's features from `first`; those not observed are left out of the distances
   * @param own a reference that is the row itself and does not count, or -1
   */
  find(
    keys: Values,
    at: number,
    x: Values,
    first: number,
    observed: Uint8Array,
    own = -1,
  ): number {
    this.#select(keys, at, own);
    const { rows, spread, features } = this.#references;
    let there = 0;
    for (let f = 0; f < features; f++) there += observed[f];
    const scale = there > 0 ? features / there : 1;
    let sum = 0, around = 0;
    for (let k = 0; k < this.#count; k++) {
      const from = this.#place[k] * features;
      let square = 0;
      for (let f = 0; f < features; f++) {
        const difference = observed[f] === 1 ? x[first + f] - rows[from + f] : 0;
        square += difference * difference;
      }
      this.#distance[k] = Math.sqrt(square * scale);
      sum += this.#distance[k];
      around += spread[this.#place[k]];
    }
    const floor = NEAREST * Math.sqrt(features), count = Math.max(1, this.#count);
    return Math.max(floor, sum / count) / Math.sqrt(Math.max(floor, around / count));
  }

  /** The mean distance to the references found. */
  get meanDistance(): number {
    let sum = 0;
    for (let k = 0; k < this.#count; k++) sum += this.#distance[k];
    return sum / Math.max(1, this.#count);
  }

  /** Writes each feature's part of the distances found to `out`: its squared differences over them. */
  share(x: Values, first: number, observed: Uint8Array, out: Float64Array): void {
    const { rows, features } = this.#references;
    for (let f = 0; f < features; f++) out[f] = 0;
    for (let k = 0; k < this.#count; k++) {
      const from = this.#place[k] * features, distance = this.#distance[k];
      if (distance === 0) continue;
      for (let f = 0; f < features; f++) {
        const difference = observed[f] === 1 ? x[first + f] - rows[from + f] : 0;
        out[f] += difference * difference / distance;
      }
    }
  }

  /** The smallest keys, by insertion: of a thousand few pass the first comparison. */
  #select(keys: Values, at: number, own: number): void {
    const place = this.#place, key = this.#key, most = place.length;
    const count = this.#references.spread.length;
    let held = 0, limit = Infinity;
    for (let r = 0; r < count; r++) {
      const value = keys[at + r];
      if (value >= limit || r === own) continue;
      let i = held < most ? held++ : most - 1;
      for (; i > 0 && key[i - 1] > value; i--) {
        key[i] = key[i - 1];
        place[i] = place[i - 1];
      }
      key[i] = value;
      place[i] = r;
      if (held === most) limit = key[most - 1];
    }
    this.#count = held;
  }
}
