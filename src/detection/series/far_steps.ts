/**
 * Whether the steps that calibrate a series seem to hold anomalies: more of them than the false-alarm rate lie far
 * outside the rest, beyond three times the range of the middle half above it ("far out": Tukey, "Exploratory data
 * analysis", 1977). The threshold then lies among them, and nothing that is less strange is ever flagged.
 *
 * They are left where they are. Whether they are anomalies is not for scores to say, and p-values without them would
 * be too small if they are not.
 */

/** Middle halves above the third quartile, and nats at least. */
const FAR = 3;

/** @param scores of steps, ascending */
export function farStepSentences(scores: Float64Array, rate: number): string[] {
  const at = (share: number) => scores[Math.floor(share * (scores.length - 1))];
  const limit = at(0.75) + FAR * Math.max(1, at(0.75) - at(0.25));
  const share = scores.filter((score) => score > limit).length / scores.length;
  if (share <= rate) return [];
  const percent = Number((100 * share).toPrecision(2));
  const enough = Math.ceil(100 * (share + rate)) / 100;
  return [
    `${percent} % of the steps score far above the rest, and a false-alarm rate of ${rate} flags only what is stranger ` +
    `than most of them: if they are anomalies, a rate of ${enough} flags steps like them`,
  ];
}
