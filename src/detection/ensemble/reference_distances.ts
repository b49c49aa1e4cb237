/**
 * Distances of rows to their nearest reference rows, a row itself excluded, on the host, where fitting needs them. For
 * new rows, see `scoring/ensemble/neighbours.ts`.
 */
import {
  Nearest as NearestOfMany,
  NEIGHBOURS,
  placesOf,
  type References,
} from "../../scoring/ensemble/neighbours.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Projection } from "../../scoring/views/projector.ts";
import { takeRows } from "../../training/rows/minibatch.ts";

/** Floor of distances as a share of √F, as in `neighbours.ts`. */
const NEAREST = 1e-3;

/** Finds the k nearest references of a row. */
class Nearest {
  readonly #references: Float32Array;
  readonly #features: number;
  readonly #square: Float64Array;
  readonly place: Int32Array;

  constructor(references: Float32Array, features: number, k: number) {
    this.#references = references;
    this.#features = features;
    this.#square = new Float64Array(k);
    this.place = new Int32Array(k);
  }

  /**
   * Finds them, and stores their indices in `place`.
   * @param own a reference that is the row itself, or -1
   * @returns the mean distance; 0 if there are no references
   */
  find(x: Float32Array, at: number, own: number): number {
    const features = this.#features, references = this.#references, square = this.#square;
    const count = references.length / features, last = square.length - 1;
    if (last < 0) return 0;
    square.fill(Infinity);
    for (let s = 0; s < count; s++) {
      if (s === own) continue;
      const limit = square[last], from = s * features;
      let sum = 0;
      for (let f = 0; f < features && sum < limit; f++) {
        sum += (x[at + f] - references[from + f]) ** 2;
      }
      if (sum >= limit) continue;
      let i = last;
      for (; i > 0 && square[i - 1] > sum; i--) {
        square[i] = square[i - 1];
        this.place[i] = this.place[i - 1];
      }
      square[i] = sum;
      this.place[i] = s;
    }
    let mean = 0;
    for (const each of square) mean += Math.sqrt(each) / square.length;
    return mean;
  }
}

/** Mean distance of each reference to its k nearest others. */
export function spreadOf(references: Float32Array, features: number): Float32Array {
  const count = references.length / features;
  const nearest = new Nearest(references, features, Math.min(NEIGHBOURS, count - 1));
  return Float32Array.from({ length: count }, (_, r) => nearest.find(references, r * features, r));
}

/** For every row, its mean distance to the k nearest references, divided by the root of theirs. */
export function halfScaledDistances(x: Matrix, referenceRows: Uint32Array): Float64Array {
  const [rows, features] = x.shape, references = takeRows(x, referenceRows).data;
  const own = new Map([...referenceRows].map((row, i) => [row, i]));
  const spread = spreadOf(references, features);
  const k = Math.min(NEIGHBOURS, referenceRows.length - 1);
  const nearest = new Nearest(references, features, k), floor = NEAREST * Math.sqrt(features);
  return Float64Array.from({ length: rows }, (_, r) => {
    const distance = nearest.find(x.data, r * features, own.get(r) ?? -1);
    let around = 0;
    for (const place of nearest.place) around += spread[place] / k;
    return Math.max(floor, distance) / Math.sqrt(Math.max(floor, around));
  });
}

/**
 * t(x) of some rows of a view, as in scoring: missing features are left out of the distances.
 * @param own for each row that is a reference, the index of that reference
 */
export function neighbourStatistics(
  { x, observed }: Projection,
  rows: Uint32Array,
  references: References,
  own: ReadonlyMap<number, number>,
): Float64Array {
  const { features, spread } = references;
  const search = new Nearest(references.rows, features, placesOf(spread.length));
  const measure = new NearestOfMany(references, 1);
  return Float64Array.from(rows, (row) => {
    const at = row * features, end = at + features;
    search.find(x.data, at, -1);
    const places = Float64Array.from(search.place), there = observed.subarray(at, end);
    const placed = { places, x: x.data.subarray(at, end) };
    const isWhole = !there.includes(0);
    return measure.find(
      isWhole ? placed : { ...placed, observed: there },
      0,
      own.get(row) ?? -1,
    );
  });
}
