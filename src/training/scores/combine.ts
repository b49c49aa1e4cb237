/**
 * Rank combination: of several scores of the same rows, such as those of models of several seeds, the mean of the
 * ranks, in (0, 1). Scores of any unit can be laid side by side; ties have their mean rank.
 *
 *   combined_r = 1/S Σ_s (rank_s(r) - ½) / n
 */
import { ranksOf } from "../../core/ranks.ts";

/**
 * The mean rank of each row over the scores, in (0, 1): higher is stranger.
 * @throws RangeError unless there is a list, and all are as long and finite
 */
export function combineRanks(scores: readonly Float64Array[]): Float64Array {
  const n = scores[0]?.length;
  if (n === undefined || scores.some(({ length }) => length !== n)) {
    throw new RangeError(
      `Cannot combine scores: there must be some, of the same rows, got ${
        scores.map(({ length }) => length).join(", ") || "none"
      }`,
    );
  }
  const combined = new Float64Array(n);
  for (const list of scores) {
    const wrong = list.findIndex((score) => !Number.isFinite(score));
    if (wrong >= 0) throw new RangeError(`Cannot combine scores: row ${wrong + 1} has none`);
    ranksOf(list).forEach((rank, r) => combined[r] += (rank + 0.5) / n / scores.length);
  }
  return combined;
}
