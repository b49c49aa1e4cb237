/**
 * Rank combination: the mean of the ranks of several scores of the same rows, such as those of models with different
 * seeds, in (0, 1). It makes scores of different units comparable; ties get their mean rank.
 *
 *   combined_r = 1/S Σ_s (rank_s(r) - ½) / n
 */
import { ranksOf } from "../../core/ranks.ts";

/**
 * The mean rank of each row over the scores, in (0, 1); higher is more anomalous.
 * @throws RangeError unless there is at least one list, all of the same length and finite
 */
export function combineRanks(scores: readonly Float64Array[]): Float64Array {
  const n = scores[0]?.length;
  if (n === undefined || scores.some(({ length }) => length !== n)) {
    throw new RangeError(
      `Cannot combine scores: expected scores of the same rows, got ${
        scores.map(({ length }) => length).join(", ") || "none"
      }`,
    );
  }
  const combined = new Float64Array(n);
  for (const list of scores) {
    const firstInvalid = list.findIndex((score) => !Number.isFinite(score));
    if (firstInvalid >= 0) {
      throw new RangeError(`Cannot combine scores: row ${firstInvalid + 1} has no score`);
    }
    ranksOf(list).forEach((rank, r) => combined[r] += (rank + 0.5) / n / scores.length);
  }
  return combined;
}
