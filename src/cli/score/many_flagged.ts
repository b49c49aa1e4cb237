/** A hint when too many rows are flagged for all of them to be anomalies: the model may not fit the table. */

/** Fewer flagged rows mean nothing. */
const ENOUGH = 10;

/**
 * The end of a sentence on flagged rows; empty unless they exceed both a fifth of the table and five times the rate.
 * @param window of a series: its alarms come in runs, and `elbow drift` is not suggested
 */
export function manyFlagged(flagged: number, rows: number, rate = 0, window?: number): string {
  if (window !== undefined) return "";
  if (flagged < ENOUGH || flagged <= rows * Math.max(0.2, 5 * rate)) return "";
  return "; so many are seldom all anomalies: elbow drift tells whether the rows are still like those trained on";
}
