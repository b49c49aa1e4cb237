/** A hint when too many rows are flagged for all of them to be anomalies: the model may not fit the table. */
import { listColumns } from "../../detection/columns/list_columns.ts";

/** Fewer flagged rows mean nothing. */
const MIN_FLAGGED = 10;

/**
 * The end of a sentence on flagged rows; empty unless they exceed both a fifth of the table and five times the rate.
 */
export function manyFlagged(flagged: number, rows: number, rate = 0): string {
  if (flagged < MIN_FLAGGED || flagged <= rows * Math.max(0.2, 5 * rate)) return "";
  return "; so many are seldom all anomalies: elbow drift checks whether the rows are still like those trained on";
}

/**
 * The same of the steps of a series, whose alarms come in runs: empty unless they are more than half.
 * @param shiftedColumns columns with other values than in training, where that is known
 */
export function manyFlaggedSteps(
  flagged: number,
  steps: number,
  shiftedColumns?: () => readonly string[] | undefined,
): string {
  if (flagged < MIN_FLAGGED || 2 * flagged <= steps) return "";
  return `; more than half is seldom all anomalous: ${likelyReason(shiftedColumns?.())}`;
}

function likelyReason(shiftedColumns: readonly string[] | undefined): string {
  if (shiftedColumns === undefined) {
    return "the series may have moved since training, or its rows come in another order or at other times";
  }
  if (shiftedColumns.length === 0) {
    return "no column differs from training, so check the order of the rows and the time between them";
  }
  return `${listColumns(shiftedColumns)} ${
    shiftedColumns.length > 1 ? "have" : "has"
  } other values than in training, and if these are ` +
    "normal now, elbow update learns later steps";
}
