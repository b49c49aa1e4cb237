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
 *
 * A missing cell costs what its column typically does, so that scores of rows that lack different cells
 * can be compared: an unknown value is neither strange nor a good sign. A column of the table may be
 * several to the VAE (`expansion.ts`): their raw contributions add up.
 */
import type { Expansion } from "./expansion.ts";
import { requireFiniteScore } from "./finite.ts";
import type { Matrix } from "./matrix.ts";
import type { Cells } from "./standardize.ts";

/** Rows as the VAE saw them, and what it said. */
export interface Costs {
  /** Standardised; 0 where missing. Columns behind those of `cost` are passed over. */
  readonly x: Matrix;
  readonly cost: Matrix;
  readonly kl: Matrix;
}

/**
 * Scores of rows, and their raw contributions `[rows, columns]`.
 * @param typical of each column, or nothing for calibration, from which it follows
 * @throws RangeError naming a row whose score is not finite
 */
export function rawScores(
  { data, rows }: Cells,
  { x, cost, kl }: Costs,
  expansion: Expansion,
  typical?: Float64Array,
): { scores: Float64Array; raw: Float64Array } {
  const columns = rows === 0 ? 0 : data.length / rows;
  const scores = new Float64Array(rows), raw = new Float64Array(data.length);
  const apart = new Float64Array(cost.shape[1]);
  for (let r = 0; r < rows; r++) {
    const out = raw.subarray(r * columns, (r + 1) * columns);
    const own = expansion.isIdentity ? out : apart;
    let score = rawContributions(rowOf(x, r), rowOf(cost, r), rowOf(kl, r), own);
    if (own === apart) expansion.fold(apart, out);
    if (typical) score += addMissing(data.subarray(r * columns, (r + 1) * columns), typical, out);
    scores[r] = requireFiniteScore(score, r);
  }
  return { scores, raw };
}

/** The mean raw contribution of each column over the rows that have it; 0 for one that none has. */
export function typicalOf({ data, rows }: Cells, raw: Float64Array): Float64Array {
  const columns = data.length / rows;
  const typical = new Float64Array(columns), counts = new Float64Array(columns);
  raw.forEach((nats, i) => {
    if (Number.isNaN(data[i])) return;
    typical[i % columns] += nats;
    counts[i % columns]++;
  });
  return typical.map((sum, c) => counts[c] === 0 ? 0 : sum / counts[c]);
}

/** Adds the typical contribution of each missing cell to `raw`; their sum. */
export function addMissing(
  row: ArrayLike<number>,
  typical: Float64Array,
  raw: Float64Array,
): number {
  let sum = 0;
  for (let c = 0; c < raw.length; c++) {
    if (!Number.isNaN(row[c])) continue;
    raw[c] += typical[c];
    sum += typical[c];
  }
  return sum;
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

/** Turns a row's raw contributions, from `at` on, into excesses over typical rows, in place; the sum stays. */
export function relateToTypical(raw: Float64Array, typical: Float64Array, at = 0): void {
  const width = typical.length;
  let total = 0;
  for (let d = 0; d < width; d++) total += typical[d];
  const share = total / width;
  for (let d = 0; d < width; d++) raw[at + d] += share - typical[d];
}

function rowOf({ data, shape: [, columns] }: Matrix, r: number): Float32Array {
  return data.subarray(r * columns, (r + 1) * columns);
}
