/** Caveats on verdicts that no theorem guarantees, as the end of a sentence; empty if there are none. */
import type { Calibration } from "../../scoring/decisions/calibration.ts";
import type { Decision, DecisionOptions } from "../../scoring/decisions/decide.ts";
import { count } from "../text/text.ts";

/** @param isSeries whether the rows depend on each other, so that no rate over them is guaranteed */
export function caution(
  { scores: { length: rows } }: Calibration,
  { extrapolated, limit, surest = 1 }: Pick<Decision, "extrapolated" | "limit" | "surest">,
  { fdr, minConfidence = 0 }: DecisionOptions,
  isSeries: boolean,
): string {
  const cautions: string[] = [];
  if (isSeries && (fdr !== undefined || minConfidence > 0)) {
    const what = fdr === undefined
      ? "confidences are"
      : "the share of normal rows among the flags is";
    cautions.push(`${what} not guaranteed, as the steps of a series depend on each other`);
  }
  if (extrapolated) {
    const far = limit < 0.1 / rows ? ", and may be off by tens of times that far beyond them" : "";
    cautions.push(`extrapolated beyond ${count(rows)} calibration rows, without a guarantee${far}`);
  }
  if (minConfidence > surest) {
    cautions.push(
      `${count(rows)} calibration rows flag none here with a confidence above ${
        Math.floor(1000 * surest) / 1000
      }`,
    );
  } else if (fdr !== undefined && minConfidence > 0) {
    cautions.push("the share of normal rows among the remaining flags may differ from that asked");
  }
  return cautions.map((each) => `; ${each}`).join("");
}
