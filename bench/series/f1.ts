/** F1 = 2 TP / (2 TP + FP + FN) of single steps: no step is credited for another. */

export interface Counts {
  readonly hit: number;
  readonly miss: number;
  readonly alarm: number;
  readonly quiet: number;
}

export function countsOf(flags: Uint8Array, label: Uint8Array): Counts {
  const counts = { hit: 0, miss: 0, alarm: 0, quiet: 0 };
  flags.forEach((flag, t) => {
    counts[label[t] ? (flag ? "hit" : "miss") : (flag ? "alarm" : "quiet")]++;
  });
  return counts;
}

/** 0 without a true positive. */
export function f1Of({ hit, miss, alarm }: Counts): number {
  return hit === 0 ? 0 : 2 * hit / (2 * hit + miss + alarm);
}

/** The largest F1 over all thresholds; equal scores are flagged together. */
export function bestF1(scores: Float64Array, label: Uint8Array): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  const positive = label.reduce((sum, each) => sum + each, 0);
  let hit = 0, best = 0;
  for (let i = 0; i < order.length; i++) {
    hit += label[order[i]];
    if (i + 1 < order.length && scores[order[i + 1]] === scores[order[i]]) continue;
    best = Math.max(best, 2 * hit / (i + 1 + positive));
  }
  return best;
}
