/**
 * What each column adds to a row's score. The contributions are signed, in nats, and sum to the
 * score.
 *
 * The score is Σ_d cost_d + KL. The columns' own costs are taken as they are. The KL belongs to the
 * row as a whole; it is shared out in proportion to the squared standardised values, which is what
 * it grows with when a value moves away from its column's mean. A column of small variance has a low
 * cost on every row, so blame is the excess over the column's cost on a typical row:
 *
 *   raw_d = cost_d + KL · x_d² / Σ x²
 *   contribution_d = (raw_d - typical_d) + 1/D Σ typical
 *
 * typical_d is the mean of raw_d over the calibration rows. The shift leaves the sum unchanged.
 */
import { requireFiniteScore } from "./finite.ts";
import type { Matrix } from "./matrix.ts";

/**
 * Scores of standardised rows, and their raw contributions `[rows, columns]`, from the costs of
 * `TrainedVae`.
 * @throws RangeError naming a row whose score is not finite
 */
export function rawScores(
  x: Matrix,
  { cost, kl }: { readonly cost: Matrix; readonly kl: Matrix },
): { scores: Float64Array; raw: Float64Array } {
  const [rows, width] = x.shape;
  const scores = new Float64Array(rows), raw = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    const out = raw.subarray(r * width, (r + 1) * width);
    const score = rawContributions(rowOf(x, r), rowOf(cost, r), rowOf(kl, r), out);
    scores[r] = requireFiniteScore(score, r);
  }
  return { scores, raw };
}

/** Writes raw_d to `out`, and returns the score, their sum. `x` is standardised. */
export function rawContributions(
  x: ArrayLike<number>,
  cost: ArrayLike<number>,
  kl: ArrayLike<number>,
  out: Float64Array,
): number {
  let divergence = 0, norm = 0, score = 0;
  for (let l = 0; l < kl.length; l++) divergence += kl[l];
  for (let d = 0; d < out.length; d++) norm += x[d] * x[d];
  for (let d = 0; d < out.length; d++) {
    const share = norm > 0 ? x[d] * x[d] / norm : 1 / out.length;
    out[d] = cost[d] + divergence * share;
    score += out[d];
  }
  return score;
}

/** Turns raw contributions into excesses over typical rows, in place; the sum stays. */
export function relateToTypical(raw: Float64Array, typical: Float64Array): void {
  let total = 0;
  for (let d = 0; d < raw.length; d++) total += typical[d];
  const share = total / raw.length;
  for (let d = 0; d < raw.length; d++) raw[d] += share - typical[d];
}

function rowOf({ data, shape: [, columns] }: Matrix, r: number): Float32Array {
  return data.subarray(r * columns, (r + 1) * columns);
}
