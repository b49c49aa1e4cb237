/**
 * Compares a column of levels, share by share: the smallest p-value by Fisher's exact test that as many cells are at
 * most at a place of the sketch, times the number of these places (Bonferroni).
 *
 * Kolmogorov and Smirnov's distance has no more places here, and asks of each what only the largest of infinitely many
 * reaches by chance: after a fit of 3,000 rows, it sees nothing in 1,000 in which a rare answer has gone from 2 to 5 %.
 */
import { fisherExactPValue } from "../../core/probability/fisher_exact.ts";
import type { PointCounts } from "../../core/probability/point_counts.ts";
import type { ColumnSketch } from "./sketch.ts";

/**
 * @param before the number of cells that the sketch is of
 * @param asOne cells that tell as much as one; 1 if they are independent
 */
export function levelsPValue(
  { points, shares }: ColumnSketch,
  { total, atMost }: PointCounts,
  before: number,
  asOne: number,
): number {
  const known = Math.round(before / asOne), now = Math.round(total / asOne);
  let places = 0, smallest = 1;
  points.forEach((point, k) => {
    if (point === points[k + 1]) return;
    places++;
    const [old, present] = [Math.round(shares[k] * known), Math.round(atMost[k] / asOne)];
    smallest = Math.min(smallest, fisherExactPValue(old, known, present, now));
  });
  return Math.min(1, places * smallest);
}
