/** What is said when so many rows are flagged that they are hardly all anomalies: the model may not fit the table. */

/** Fewer rows tell nothing. */
const ENOUGH = 10;

/**
 * The end of a sentence on flagged rows; empty unless they are a fifth of the table, and five times the rate.
 * @param window of a series, whose alarms come in runs and whose drift is not looked for
 */
export function manyFlagged(flagged: number, rows: number, rate = 0, window?: number): string {
  if (window !== undefined) return "";
  if (flagged < ENOUGH || flagged <= rows * Math.max(0.2, 5 * rate)) return "";
  return "; so many are seldom all anomalies: elbow drift tells whether the rows are still like those trained on";
}
