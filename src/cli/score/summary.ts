/** The sentence that `elbow score` ends with: how many rows were flagged, at which rate, and what that is worth. */
import type { Calibration } from "../../scoring/decisions/calibration.ts";
import type { Decision, DecisionOptions } from "../../scoring/decisions/decide.ts";
import { alarmsPerDay } from "../../detection/series/alarms_per_day.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import { count, counted, rate } from "../text/text.ts";
import type { ScoredCells, ScoreSettings } from "./cell_scorer.ts";
import { manyFlagged, manyFlaggedSteps } from "./many_flagged.ts";
import { type StrangeRow, strangestOfAll } from "./strangest.ts";

/** Counts of scored rows. */
export interface ScoreTotals {
  rows: number;
  anomalies: number;
  uncertain: number;
  strangest?: readonly StrangeRow[];
}

/** Adds some rows to the counts. */
export function addTo(totals: ScoreTotals, scored: ScoredCells): void {
  totals.rows += scored.rows;
  totals.anomalies += scored.anomalies;
  totals.uncertain += scored.uncertain;
  totals.strangest = strangestOfAll(totals.strangest ?? [], scored.strangest ?? []);
}

/**
 * @param decision the limits by which the rows were judged
 * @param shiftedColumns of a series, columns with other values than in training, where that is known
 */
export function flaggedSummary(
  { window, calibration, table }: TableScorer,
  { rows, anomalies, uncertain }: ScoreTotals,
  settings: ScoreSettings,
  decision: Omit<Decision, "pValues" | "verdict">,
  shiftedColumns?: () => readonly string[] | undefined,
): string {
  const { fdr, falseAlarmRate, minConfidence } = settings, { limit, fewest = 1 } = decision;
  const isSeries = window !== undefined;
  const perDay = alarmsPerDay(table, falseAlarmRate);
  const inDays = perDay
    ? ` (about ${Number(perDay.steps.toPrecision(2))} steps on a normal day)`
    : "";
  const at = fdr === undefined
    ? `at a false-alarm rate of ${rate(falseAlarmRate)}${inDays}`
    : `at a false discovery rate of ${fdr}${anomalies ? `: p ≤ ${limit.toPrecision(3)}` : ""}`;
  const withheld = minConfidence === undefined ? "" : `, ${count(uncertain)} left uncertain`;
  const coarse = anomalies === 0 && fewest > 1
    ? `; p-values are too coarse to flag fewer than ${fewest} rows of this table: calibrate on more rows, or use --tail`
    : "";
  const many = isSeries
    ? manyFlaggedSteps(anomalies, rows, shiftedColumns)
    : manyFlagged(anomalies, rows, falseAlarmRate);
  const flagged = `${counted(rows, "row")} scored, ${counted(anomalies, "row")} flagged ${at}`;
  return `${flagged}${withheld}${coarse}${
    caution(calibration, decision, settings, isSeries)
  }${many}`;
}

/**
 * Caveats on verdicts that no theorem guarantees, as the end of a sentence; empty if there are none.
 * @param isSeries whether the rows depend on each other, so that no rate over them is guaranteed
 */
function caution(
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
