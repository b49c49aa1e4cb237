/**
 * Whether the values of a column, and its share of missing cells, are those of the training rows: Kolmogorov-Smirnov
 * against the model's sketch (of levels share by share, `level_shares.ts`), and Fisher's exact test. Where rows depend
 * on each other, as steps of a series do, both count only as many rows as tell as much (`block_shares.ts`).
 */
import { lowerMedian } from "../../core/sorted.ts";
import { type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";
import type { TableSketch } from "../../scoring/table_model.ts";
import { fisherExactPValue } from "../../core/probability/fisher_exact.ts";
import { kolmogorovPValue } from "../../core/probability/kolmogorov.ts";
import { type LevelPlaces, levelPlaces } from "./level_order.ts";
import { levelsPValue } from "./level_shares.ts";
import { PointCounter } from "../../core/probability/point_counts.ts";
import { type ColumnSketch, distanceTo, sketchOf } from "./sketch.ts";

/** Result for a column, or for the scores. */
export interface ColumnDrift {
  /** Name in the table. */
  readonly name: string;
  /** The largest difference of the two distribution functions, 0 to 1. */
  readonly distance: number;
  /** P-value of the hypothesis that nothing changed. */
  readonly pValue: number;
  /** Whether the p-value is below this test's share of the rate. */
  readonly changed: boolean;
  /** Medians of the training rows and of the table; NaN if all cells are missing, and for a category. */
  readonly medians: readonly [before: number, now: number];
  /** Whether the column holds times; if so, only its missing cells are compared. */
  readonly clock: boolean;
  /** Shares of missing cells in the training rows and in the table. */
  readonly missing: readonly [before: number, now: number];
  /** Of a series, except for its clocks: this many steps tell as much as one that is independent of all others. */
  readonly stepsAsOne?: number;
}

/** Compares the values of one column with the model's record of it. */
export class ColumnTest {
  readonly #column: ColumnSchema;
  readonly #sketch: ColumnSketch;
  /** Rows of the record. */
  readonly #known: number;
  readonly #places: LevelPlaces;
  readonly #isOrderKnown: boolean;
  readonly #counter: PointCounter;
  #rows = 0;

  /** @param c the column's position */
  constructor(column: ColumnSchema, c: number, sketch: TableSketch) {
    const { rows, levelRows } = sketch, places = levelPlaces(column);
    this.#column = column;
    this.#sketch = sketchOf(sketch, c);
    this.#known = places ? levelRows ?? rows : rows;
    this.#places = places;
    this.#isOrderKnown = !places || levelRows !== undefined;
    this.#counter = new PointCounter(this.#sketch.points);
  }

  /** The points at which distributions are compared. */
  get points(): Float64Array {
    return this.#sketch.points;
  }

  /** Takes the next cell. @returns its value as it is compared; NaN if it is missing */
  add(value: number): number {
    this.#rows++;
    if (value !== value) return value;
    const compared = this.#places ? this.#places[value] : value;
    this.#counter.add(compared);
    return compared;
  }

  /**
   * The result.
   * @param median of the values now
   * @param level the p-value up to which the column has changed
   * @param asOne rows whose values tell as much as one; 1 if they are independent
   * @param gapsAsOne the same of whether they are missing
   */
  drift(median: number, level: number, asOne = 1, gapsAsOne = 1): ColumnDrift {
    const sketch = this.#sketch, known = this.#known, rows = this.#rows;
    const { counts } = this.#counter, present = counts.total, { name, kind } = this.#column;
    const missing = [sketch.missing, 1 - present / rows] as const;
    const [before, missingCells] = [known - Math.round(known * sketch.missing), rows - present];
    const clock = kind === "timestamp";
    const comparable = before > 0 && present > 0 && !clock && this.#isOrderKnown;
    const distance = comparable ? distanceTo(sketch, counts) : 0;
    const valuesPValue = !comparable
      ? 1
      : hasLevels(kind)
      ? levelsPValue(sketch, counts, before, asOne)
      : kolmogorovPValue(distance, before / asOne, present / asOne);
    const [missingBefore, all, missingNow, allNow] = [known - before, known, missingCells, rows]
      .map((count) => Math.round(count / gapsAsOne));
    const missingPValue = fisherExactPValue(missingBefore, all, missingNow, allNow);
    // The two tests of a column share its part of the rate.
    const pValue = Math.min(1, 2 * Math.min(valuesPValue, missingPValue));
    const medians = this.#places
      ? [NaN, NaN] as const
      : [before > 0 ? lowerMedian(sketch.points) : NaN, median] as const;
    return { name, distance, pValue, changed: pValue <= level, medians, clock, missing };
  }
}
