/**
 * How far a row is from the nearest reference rows, for how far these are from theirs: the half-scaled
 * distance
 *
 *   t(x) = d(x) / √(mean of d(r) over the k nearest r),  d(x) = mean distance to the k nearest r
 *
 * Between plain kNN, which takes every row of a sparse region for an anomaly, and the full ratio (LOF,
 * Breunig et al., 2000), which forgets how far away is far. The program finds the nearest by ‖r‖² - 2 x·r
 * (`members.ts`); their distances are then taken exactly, in float64.
 */

/** k. */
export const NEIGHBOURS = 10;

/** A distance below this share of √F, the distance of an ordinary row from the mean, is none. */
export const NEAREST = 1e-3;

/** Reference rows and how far each is from its own k nearest. */
export interface References {
  /** `[R, F]`, as the program has them. */
  readonly rows: Float32Array;
  /** `[R]`: d(r). */
  readonly spread: Float64Array;
  readonly features: number;
}

/** How many places of `count` references a program gives: one more than k, as a row may be its own neighbour. */
export function placesOf(count: number): number {
  return Math.min(NEIGHBOURS + 1, count);
}

type Values = Float32Array | Float64Array;

/** Rows, where they lie. */
export interface PlacedRows {
  /** Of each row the places of its nearest references, `placesOf` of them, the nearest first. */
  readonly places: Values;
  /** Their features. */
  readonly x: Values;
  /** Which of these are there; others are left out of the distances. Absent where all are. */
  readonly observed?: Uint8Array;
}

/** The nearest references of rows, and what each feature has to do with them. */
export class Nearest {
  readonly #references: References;
  readonly #most: number;
  /** Of each row its references, or -1 behind the last, and how far away they are. */
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
   * Takes the nearest references of row `slot`, and returns t(x).
   * @param own a reference that is the row itself and does not count, or -1
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

  /** Distances of the row at `first` to the references `start` to `to`, two at a time: each sum waits for itself. */
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

  /** The same over the features that are there, as if the others were as far apart. */
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
   * Writes each feature's part of the distances that were found of row `slot` to `out`: its squared differences over
   * them.
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
