/**
 * The empirical distribution function of values that nobody keeps, at points that are known beforehand: all that the
 * distance from a distribution with steps at these points needs.
 */
import { countBelow } from "../sorted.ts";

/** How many of some values lie at or below each point. */
export interface PointCounts {
  /** How many values there are. */
  readonly total: number;
  /** For each point, the number of values that are at most it. */
  readonly atMost: Float64Array;
  /** For each point, the number of values below it. */
  readonly below: Float64Array;
}

/** Counts values as they arrive. */
export class PointCounter {
  readonly #points: Float64Array;
  /** By the number of points below a value, and by the number that are at most it. */
  readonly #byBelow: Float64Array;
  readonly #byAtMost: Float64Array;
  #total = 0;

  /** @param points ascending; they may repeat */
  constructor(points: Float64Array) {
    this.#points = points;
    this.#byBelow = new Float64Array(points.length + 1);
    this.#byAtMost = new Float64Array(points.length + 1);
  }

  /** Counts a value, which is not NaN. */
  add(value: number): void {
    this.#byBelow[countBelow(this.#points, value, false)]++;
    this.#byAtMost[countBelow(this.#points, value, true)]++;
    this.#total++;
  }

  /** The counts so far. */
  get counts(): PointCounts {
    return {
      total: this.#total,
      atMost: cumulativeSums(this.#byBelow),
      below: cumulativeSums(this.#byAtMost),
    };
  }
}

/** The counts of values that are in memory; NaN is none. */
export function countAt(points: Float64Array, values: Float64Array): PointCounts {
  const counter = new PointCounter(points);
  for (const value of values) if (value === value) counter.add(value);
  return counter.counts;
}

/** Values with at most k points below them are at most point k; those with at most k up to them are below it. */
function cumulativeSums(counts: Float64Array): Float64Array {
  let sum = 0;
  return counts.subarray(0, -1).map((count) => sum += count);
}
