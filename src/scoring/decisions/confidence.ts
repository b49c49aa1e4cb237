/**
 * How sure a verdict is: would other calibration rows of the same kind have given the same one?
 *
 * A row is flagged if fewer than k = ⌊α (n + 1)⌋ of n calibration scores reach its own. If scores like
 * the row's are reached with probability π, the number that reach it is Bin(n, π), so
 *
 *   P(flagged) = P(Bin(n, π) ≤ k - 1),  π ≈ (1 + #{scores ≥ s}) / (n + 2), its posterior mean
 *
 * and the confidence is that of the verdict: P(flagged), or 1 - P(flagged). It is near ½ at the
 * threshold, and near 1 far from it; verdicts below a confidence can be left to a person. A flag is never surer than
 * that of a row beyond all scores, π = 1/(n + 2), which of few rows is not sure at all: `surestFlag`.
 *
 * Where the tail decides, a row is flagged if P(S > s) ≤ α on average over what the peaks allow. Then
 *
 *   P(flagged) = P(P(S > s | θ, γ) ≤ α | peaks): `Tail.chanceBelow`
 *
 * Source: Perini, Vercruyssen and Davis, "Quantifying the confidence of anomaly detectors in their
 * example-wise predictions" (ExCeeD), ECML PKDD 2020, with the conformal rule in place of theirs.
 */
import { binomialTail } from "../../core/probability/incomplete_beta.ts";
import type { Calibration } from "./calibration.ts";
import { isWithin } from "./rates.ts";
import type { Tail } from "./tail.ts";

/**
 * The probability, ½ … 1 but for rounding of the rule, that the verdict on a score would be the same.
 * @param falseAlarmRate that the calibration can keep
 */
export function confidenceOf(
  calibration: Calibration,
  score: number,
  falseAlarmRate: number,
): number {
  const reached = calibration.countAtLeast(score), allowed = calibration.allowed(falseAlarmRate);
  const flagged = chanceOfFlag(calibration, reached, allowed);
  return reached <= allowed ? flagged : 1 - flagged;
}

/** Of a verdict by the tail, on a score beyond its threshold at a rate below the share of its peaks. */
export function confidenceByTail(tail: Tail, score: number, falseAlarmRate: number): number {
  const flagged = tail.chanceBelow(score, falseAlarmRate);
  return isWithin(tail.survival(score), falseAlarmRate) ? flagged : 1 - flagged;
}

/** The confidence of a flag on a row beyond all scores. */
export function surestFlag(calibration: Calibration, falseAlarmRate: number): number {
  return chanceOfFlag(calibration, 0, calibration.allowed(falseAlarmRate));
}

function chanceOfFlag({ scores: { length } }: Calibration, reached: number, allowed: number) {
  return 1 - binomialTail(length, (1 + reached) / (length + 2), allowed + 1);
}
