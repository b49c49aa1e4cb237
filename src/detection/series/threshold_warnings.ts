/**
 * Warnings about what the threshold of a series rests on.
 *
 *   few windows  Steps that share windows score alike. T steps are T / w windows that do not overlap, and scores of so
 *                many do not tell a rate below w / T.
 *   far steps    More steps than the false-alarm rate lie beyond three times the range of the middle half above it
 *                ("far out": Tukey, "Exploratory data analysis", 1977). The threshold lies among them, and nothing
 *                less strange is ever flagged. They stay: scores cannot tell anomalies from rare states or heavy
 *                tails, and p-values without them would be too small if they are no anomalies.
 */

/** Middle halves above the third quartile, and nats at least. */
const FAR_OUT_RANGES = 3;

/** @param scores of steps, ascending */
export function farStepWarnings(scores: Float64Array, rate: number): string[] {
  const at = (share: number) => scores[Math.floor(share * (scores.length - 1))];
  const limit = at(0.75) + FAR_OUT_RANGES * Math.max(1, at(0.75) - at(0.25));
  const share = scores.filter((score) => score > limit).length / scores.length;
  if (share <= rate) return [];
  const percent = Number((100 * share).toPrecision(2));
  const sufficientRate = Math.ceil(100 * (share + rate)) / 100;
  return [
    `${percent} % of the steps score far above the rest, and a false-alarm rate of ${rate} flags only what is stranger ` +
    `than most of them: if they are anomalies, a rate of ${sufficientRate} flags steps like them`,
  ];
}

/** @param calibrationWindows windows of each block that calibrates */
export function fewWindowWarnings(
  calibrationWindows: readonly number[],
  window: number,
  rate: number,
): string[] {
  const steps = calibrationWindows.reduce((sum, windows) => sum + windows + window - 1, 0);
  const disjointWindows = Math.floor(steps / window);
  if (disjointWindows * rate >= 1) return [];
  return [
    `the steps that calibrate are only ${disjointWindows} windows that do not overlap: at a false-alarm rate of ${rate} several ` +
    "times as many steps may be flagged",
  ];
}
