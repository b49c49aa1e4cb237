/**
 * The contribution of each column to a row's score: signed, in nats, and summing to the score.
 *
 * The score is Σ_d cost_d + KL. Each column's own cost counts directly. The KL belongs to the row as a whole; it is
 * distributed in proportion to the squared standardised values, with which it grows as a value moves away from its
 * column's mean. A column of small variance has a low cost on every row, so blame is the excess over the column's cost
 * on a typical row:
 *
 *   raw_d = cost_d + KL · x_d² / Σ x²
 *   contribution_d = (raw_d - typical_d) + 1/D Σ typical
 *
 * D counts the columns whose typical_d is not 0: a column that the model does not see, such as one of identifiers, has
 * no contribution. typical_d is the mean of raw_d over the calibration rows. The shift does not change the sum.
 *
 * A missing cell gets the typical cost of its column, so that scores of rows with different missing cells are
 * comparable: an unknown value counts neither for nor against the row. In a model of rows with gaps the KL covers only
 * observed cells, so this cost is typical_d. A model of whole rows fills the cell in (`trained/calls/completion.ts`),
 * and its share of the KL is already counted, so the cost is the mean of cost_d. A column of the table may have several
 * columns in the VAE (`table/expansion.ts`), whose raw contributions add up.
 */
import type { Expansion } from "./table/expansion.ts";
import { requireFiniteScore } from "../trained/finite.ts";
import type { Costs, RowCosts } from "../trained/calls/costs.ts";
import type { Cells } from "./table/cells.ts";

/**
 * Scores of rows, and their raw contributions `[rows, columns]`.
 * @param missingCosts cost of a missing cell per column; omitted in calibration, which determines it
 * @throws RangeError naming a row whose score is not finite
 */
export function rawScores(
  { data, rows }: Cells,
  { x, cost, kl }: Costs,
  expansion: Expansion,
  missingCosts?: Float64Array,
): { scores: Float64Array; raw: Float64Array } {
  const columns = rows === 0 ? 0 : data.length / rows, costs = { x, cost, kl };
  const scores = new Float64Array(rows), raw = new Float64Array(data.length);
  const expandedRaw = new Float64Array(cost.shape[1]);
  for (let r = 0, at = 0; r < rows; r++, at += columns) {
    let score: number;
    if (expansion.isIdentity) score = rawContributions(costs, r, raw, at);
    else {
      score = rawContributions(costs, r, expandedRaw, 0);
      expansion.fold(expandedRaw, raw.subarray(at, at + columns));
    }
    if (missingCosts) score += addMissingCosts(data, missingCosts, raw, at);
    scores[r] = requireFiniteScore(score, r + 1);
  }
  return { scores, raw };
}

/** The mean raw contribution of each column over the rows in which it is observed; 0 if there are none. */
export function typicalContributions({ data, rows }: Cells, raw: Float64Array): Float64Array {
  const columns = data.length / rows;
  const typical = new Float64Array(columns), counts = new Float64Array(columns);
  raw.forEach((nats, i) => {
    if (Number.isNaN(data[i])) return;
    typical[i % columns] += nats;
    counts[i % columns]++;
  });
  return typical.map((sum, c) => counts[c] === 0 ? 0 : sum / counts[c]);
}

/** Adds the usual cost of each missing cell of the row at `at` to `raw`. @returns their sum */
export function addMissingCosts(
  cells: ArrayLike<number>,
  missingCosts: Float64Array,
  raw: Float64Array,
  at = 0,
): number {
  let sum = 0;
  for (let c = 0; c < missingCosts.length; c++) {
    // Only NaN differs from itself.
    if (cells[at + c] === cells[at + c]) continue;
    raw[at + c] += missingCosts[c];
    sum += missingCosts[c];
  }
  return sum;
}

/** Writes raw_d of row `r` to `out`, starting at `at`, and returns the score, their sum. `x` is standardised. */
export function rawContributions(
  costs: RowCosts,
  r: number,
  out: Float64Array,
  at: number,
): number {
  const { data: x, shape: [, stride] } = costs.x, { data: cost, shape: [, width] } = costs.cost;
  const { data: kl, shape: [, latent] } = costs.kl, xOffset = r * stride, costOffset = r * width;
  let divergence = 0, norm = 0, score = 0;
  for (let l = r * latent; l < (r + 1) * latent; l++) divergence += kl[l];
  for (let d = 0; d < width; d++) norm += x[xOffset + d] * x[xOffset + d];
  for (let d = 0; d < width; d++) {
    const share = norm > 0 ? x[xOffset + d] * x[xOffset + d] / norm : 1 / width;
    const nats = cost[costOffset + d] + divergence * share;
    out[at + d] = nats;
    score += nats;
  }
  return score;
}

/** Converts raw contributions of rows to excesses over a typical row, in place. The sum of each row does not change. */
export function subtractTypical(raw: Float64Array, typical: Float64Array): void {
  const width = typical.length, share = meanTypical(typical);
  for (let at = 0; at < raw.length; at += width) {
    for (let d = 0; d < width; d++) raw[at + d] += typical[d] && share - typical[d];
  }
}

/** 1/D Σ typical; 0 if the model sees no column. */
export function meanTypical(typical: Float64Array): number {
  let total = 0, count = 0;
  for (let d = 0; d < typical.length; d++) {
    total += typical[d];
    if (typical[d] !== 0) count++;
  }
  return count && total / count;
}
