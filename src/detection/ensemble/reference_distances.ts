/**
 * Distances of rows to their nearest reference rows, a row itself excluded, on the host, where fitting needs them. For
 * new rows, see `scoring/ensemble/neighbours.ts`.
 */
import {
  candidatesPerRow,
  MIN_DISTANCE,
  NEIGHBOURS,
  NeighbourStatistic,
  type References,
} from "../../scoring/ensemble/neighbours.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Projection } from "../../scoring/views/projector.ts";
import { takeRows } from "../../training/rows/minibatch.ts";

/** Finds the k nearest references of a row. */
class ReferenceSearch {
  readonly #references: Float32Array;
  readonly #features: number;
  readonly #squares: Float64Array;
  readonly indices: Int32Array;

  constructor(references: Float32Array, features: number, k: number) {
    this.#references = references;
    this.#features = features;
    this.#squares = new Float64Array(k);
    this.indices = new Int32Array(k);
  }

  /**
   * Finds them, and stores their indices in `place`.
   * @param ownReference a reference that is the row itself, or -1
   * @returns the mean distance; 0 if there are no references
   */
  find(x: Float32Array, at: number, ownReference: number): number {
    const features = this.#features, references = this.#references, squares = this.#squares;
    const count = references.length / features, last = squares.length - 1;
    if (last < 0) return 0;
    squares.fill(Infinity);
    for (let s = 0; s < count; s++) {
      if (s === ownReference) continue;
      const limit = squares[last], from = s * features;
      let sum = 0;
      for (let f = 0; f < features && sum < limit; f++) {
        sum += (x[at + f] - references[from + f]) ** 2;
      }
      if (sum >= limit) continue;
      let i = last;
      for (; i > 0 && squares[i - 1] > sum; i--) {
        squares[i] = squares[i - 1];
        this.indices[i] = this.indices[i - 1];
      }
      squares[i] = sum;
      this.indices[i] = s;
    }
    let mean = 0;
    for (const each of squares) mean += Math.sqrt(each) / squares.length;
    return mean;
  }
}

/** Mean distance of each reference to its k nearest others. */
export function spreadOf(references: Float32Array, features: number): Float32Array {
  const count = references.length / features;
  const search = new ReferenceSearch(references, features, Math.min(NEIGHBOURS, count - 1));
  return Float32Array.from({ length: count }, (_, r) => search.find(references, r * features, r));
}

/** For every row, its mean distance to the k nearest references, divided by the root of theirs. */
export function halfScaledDistances(x: Matrix, referenceRows: Uint32Array): Float64Array {
  const [rows, features] = x.shape, references = takeRows(x, referenceRows).data;
  const ownReference = new Map([...referenceRows].map((row, i) => [row, i]));
  const spread = spreadOf(references, features);
  const k = Math.min(NEIGHBOURS, referenceRows.length - 1);
  const search = new ReferenceSearch(references, features, k);
  const floor = MIN_DISTANCE * Math.sqrt(features);
  return Float64Array.from({ length: rows }, (_, r) => {
    const distance = search.find(x.data, r * features, ownReference.get(r) ?? -1);
    let spreads = 0;
    for (const r of search.indices) spreads += spread[r] / k;
    return Math.max(floor, distance) / Math.sqrt(Math.max(floor, spreads));
  });
}

/**
 * t(x) of some rows of a view, as in scoring: missing features are left out of the distances.
 * @param ownReference for each row that is a reference, the index of that reference
 */
export function neighbourStatistics(
  { x, observed }: Projection,
  rows: Uint32Array,
  references: References,
  ownReference: ReadonlyMap<number, number>,
): Float64Array {
  const { features, spread } = references;
  const search = new ReferenceSearch(references.rows, features, candidatesPerRow(spread.length));
  const statistic = new NeighbourStatistic(references, 1);
  return Float64Array.from(rows, (row) => {
    const at = row * features, end = at + features;
    search.find(x.data, at, -1);
    const candidates = Float64Array.from(search.indices), observedHere = observed.subarray(at, end);
    const candidateRow = { candidates, x: x.data.subarray(at, end) };
    const isWhole = !observedHere.includes(0);
    return statistic.compute(
      isWhole ? candidateRow : { ...candidateRow, observed: observedHere },
      0,
      ownReference.get(row) ?? -1,
    );
  });
}
