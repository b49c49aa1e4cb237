/**
 * The confidence of a verdict: how likely another set of calibration rows would have given the same one.
 *
 * A row is flagged if fewer than k = ⌊α (n + 1)⌋ of n calibration scores reach its own. If each calibration score
 * reaches it with probability π, the number that do is Bin(n, π), and π | r of n is Beta(r + 1, n - r + 1) under a
 * uniform prior. So the number in another set of n is beta-binomial,
 *
 *   P(flagged) = ∫ P(Bin(n, π) ≤ k - 1) dBeta(π; r + 1, n - r + 1) = `exceedanceProbability(n, k - 1, n + 1, r + 1)`:
 *
 * π is distributed as the (r + 1)-th smallest of n + 1 uniform numbers. With the mean of π in its place, verdicts near
 * the threshold claimed more than they kept: 86 % where 77 % agreed.
 *
 * The confidence is P(flagged) for a flagged row, and 1 - P(flagged) otherwise. It is near ½ at the threshold and near
 * 1 far from it; verdicts with low confidence can be left to a person. The highest confidence of a flag is that of a
 * row above all scores, r = 0, which is low when n is small: `maxFlagConfidence`.
 *
 * In the extrapolated tail, a row is flagged if P(S > s), averaged over the posterior of the tail, is at most α. Then
 *
 *   P(flagged) = P(P(S > s | θ, γ) ≤ α | peaks): `Tail.chanceBelow`
 *
 * Source: Perini, Vercruyssen and Davis, "Quantifying the confidence of anomaly detectors in their
 * example-wise predictions" (ExCeeD), ECML PKDD 2020, with the conformal rule in place of theirs, and π averaged over
 * what is known of it.
 */
import { exceedanceProbability } from "../../core/probability/hypergeometric.ts";
import type { Calibration } from "./calibration.ts";
import { isWithin } from "./rates.ts";
import type { Tail } from "./tail.ts";

/**
 * The probability that the verdict on a score would be the same: ½ to 1, apart from the rounding in the rule.
 * @param falseAlarmRate a rate that the calibration can guarantee
 */
export function confidenceOf(
  calibration: Calibration,
  score: number,
  falseAlarmRate: number,
): number {
  const higherScores = calibration.countAtLeast(score),
    allowed = calibration.allowed(falseAlarmRate);
  const flagProbability = flagProbabilityOf(calibration, higherScores, allowed);
  return higherScores <= allowed ? flagProbability : 1 - flagProbability;
}

/** The confidence of a verdict by the tail, for a score above its threshold and a rate below `Tail.share`. */
export function confidenceByTail(tail: Tail, score: number, falseAlarmRate: number): number {
  const flagProbability = tail.chanceBelow(score, falseAlarmRate);
  return isWithin(tail.survival(score), falseAlarmRate) ? flagProbability : 1 - flagProbability;
}

/** The confidence of a flag on a row that scores above all calibration rows. */
export function maxFlagConfidence(calibration: Calibration, falseAlarmRate: number): number {
  return flagProbabilityOf(calibration, 0, calibration.allowed(falseAlarmRate));
}

function flagProbabilityOf(
  { scores: { length } }: Calibration,
  higherScores: number,
  allowed: number,
) {
  return exceedanceProbability(length, allowed, length + 1, higherScores + 1);
}
