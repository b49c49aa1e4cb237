/**
 * How sure a verdict is: would other calibration rows of the same kind have given the same one?
 *
 * A row is flagged if fewer than k = ⌊α (n + 1)⌋ of n calibration scores reach its own. If scores like
 * the row's are reached with probability π, the number that reach it is Bin(n, π), so
 *
 *   P(flagged) = P(Bin(n, π) ≤ k - 1),  π ≈ (1 + #{scores ≥ s}) / (n + 2), its posterior mean
 *
 * and the confidence is that of the verdict: P(flagged), or 1 - P(flagged). It is near ½ at the
 * threshold, and near 1 far from it; verdicts below a confidence can be left to a person.
 *
 * Source: Perini, Vercruyssen and Davis, "Quantifying the confidence of anomaly detectors in their
 * example-wise predictions" (ExCeeD), ECML PKDD 2020, with the conformal rule in place of theirs.
 */
import { binomialTail } from "../../core/incomplete_beta.ts";
import type { Calibration } from "./calibration.ts";

/**
 * The probability, ½ … 1 but for rounding of the rule, that the verdict on a score would be the same.
 * @param falseAlarmRate that the calibration can keep
 */
export function confidenceOf(
  calibration: Calibration,
  score: number,
  falseAlarmRate: number,
): number {
  const count = calibration.scores.length;
  const reached = calibration.countAtLeast(score);
  const allowed = calibration.allowed(falseAlarmRate);
  const flagged = 1 - binomialTail(count, (1 + reached) / (count + 2), allowed + 1);
  return reached <= allowed ? flagged : 1 - flagged;
}
