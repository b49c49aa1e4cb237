/**
 * Metrics of how well scores rank anomalies above normal rows, given labels (0 normal, else anomaly). Higher scores are
 * more anomalous. The order of rows with equal scores does not matter.
 *
 *   AUROC              P(score of an anomaly > score of a normal row) + ½ P(equal)
 *   average precision  Σ_t (recall_t - recall_{t-1}) · precision_t over the distinct scores t, falling
 *   precision at n     the expected share of anomalies among the n highest scores
 *
 * Sources: Hanley and McNeil, 1982 (the Mann-Whitney form); scikit-learn's average_precision_score, which does not
 * interpolate. Limits: NaN if there are no anomalies or no normal rows.
 */

/** Rows with the same score: their number, and how many of them are anomalies. */
interface Tie {
  readonly rows: number;
  readonly anomalies: number;
}

/** The area under the receiver operating characteristic, 0 … 1; chance gives ½. */
export function auroc(scores: ArrayLike<number>, label: ArrayLike<number>): number {
  let normal = 0, anomalies = 0, wins = 0;
  for (const tie of ties(scores, label)) {
    const normalRows = tie.rows - tie.anomalies;
    // Anomalies above these normal rows win; those with the same score draw.
    wins += normalRows * (anomalies + tie.anomalies / 2);
    normal += normalRows;
    anomalies += tie.anomalies;
  }
  return wins / (normal * anomalies);
}

/** The area under precision over recall, 0 … 1; chance gives the share of anomalies. */
export function averagePrecision(scores: ArrayLike<number>, label: ArrayLike<number>): number {
  let rows = 0, anomalies = 0, area = 0;
  for (const tie of ties(scores, label)) {
    rows += tie.rows;
    anomalies += tie.anomalies;
    area += tie.anomalies * anomalies / rows;
  }
  return anomalies === rows ? NaN : area / anomalies;
}

/** The share of anomalies among the `n` highest scores; by default n is the number of anomalies. */
export function precisionAt(
  scores: ArrayLike<number>,
  label: ArrayLike<number>,
  n: number = countAnomalies(label),
): number {
  let remaining = n, found = 0;
  for (const { rows, anomalies } of ties(scores, label)) {
    found += anomalies * Math.min(1, remaining / rows);
    remaining -= rows;
    if (remaining <= 0) break;
  }
  return found / n;
}

/** Number of labels that are not 0. */
export function countAnomalies(label: ArrayLike<number>): number {
  let count = 0;
  for (let r = 0; r < label.length; r++) if (label[r] !== 0) count++;
  return count;
}

/**
 * Groups of rows with equal scores, highest first. @throws RangeError for a score that is NaN, or other numbers of rows
 */
function* ties(scores: ArrayLike<number>, label: ArrayLike<number>): Generator<Tie> {
  if (label.length !== scores.length) {
    throw new RangeError(
      `Cannot rank rows: expected a label for each of ${scores.length} scores, got ${label.length}`,
    );
  }
  // Sorted as plain numbers, each kind by itself: sorting row numbers takes ten times the memory, and longer.
  const count = countAnomalies(label), odd = new Float64Array(count);
  const normal = new Float64Array(scores.length - count);
  let anomalous = 0;
  for (let r = 0; r < scores.length; r++) {
    if (label[r] !== 0) odd[anomalous++] = scores[r];
    else normal[r - anomalous] = scores[r];
  }
  odd.sort();
  normal.sort();
  // NaN comes last, and equals nothing, not even itself.
  if (Number.isNaN(odd.at(-1)) || Number.isNaN(normal.at(-1))) {
    throw new RangeError("Cannot rank rows: expected scores that are numbers, got NaN");
  }
  for (let i = odd.length - 1, j = normal.length - 1; i >= 0 || j >= 0;) {
    const score = Math.max(odd[i] ?? -Infinity, normal[j] ?? -Infinity), before = i + j, last = i;
    while (odd[i] === score) i--;
    while (normal[j] === score) j--;
    yield { rows: before - i - j, anomalies: last - i };
  }
}
