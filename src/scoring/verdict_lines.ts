/**
 * Verdicts as CSV: `row,score,p_value,anomaly,top_columns`, and the confidence where one was asked for. What
 * `elbow score` writes and what a scoring job answers with are these lines.
 */
import type { Decision } from "./decide.ts";
import type { ScoreTable } from "./table_scorer.ts";

/** Columns to blame that are listed. */
export const TOP_COLUMNS = 3;

/** Before the lines of every row. */
export const HEADER: readonly string[] = ["row", "score", "p_value", "anomaly", "top_columns"];

/**
 * One line a row.
 * @param firstRow rows before the first of them
 */
export function verdictLines(
  columns: readonly string[],
  { scores, contributions }: Pick<ScoreTable, "scores" | "contributions">,
  { pValues, confidences, verdict }: Pick<Decision, "pValues" | "confidences" | "verdict">,
  firstRow: number,
): string {
  const width = columns.length;
  const lines = new Array<string>(scores.length);
  for (let r = 0; r < lines.length; r++) {
    const its = verdict(r);
    const top = topColumns(contributions, r * width, columns, TOP_COLUMNS).join(";");
    const flag = its === "uncertain" ? its : its === "anomaly";
    lines[r] = `${firstRow + r + 1},${scores[r]},${pValues[r]},${flag},${
      confidences ? csvLine([top, confidences[r].toFixed(4)]) : csvLine([top])
    }`;
  }
  return lines.join("");
}

/** A line of CSV, RFC 4180: cells with separators, quotes or line breaks are quoted. */
export function csvLine(cells: readonly (string | number | boolean)[]): string {
  const quoted = cells.map((cell) => {
    const text = String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(",")}\n`;
}

/** The names of up to `most` columns with the largest positive values, the largest first. */
export function topColumns(
  values: ArrayLike<number>,
  offset: number,
  names: readonly string[],
  most: number,
): string[] {
  const top: string[] = [];
  for (let last = Infinity, at = -1; top.length < most;) {
    let best = -1;
    for (let c = 0; c < names.length; c++) {
      const value = values[offset + c];
      // Equal values come in the order of the columns.
      const isNext = value > 0 && (value < last || (value === last && c > at));
      if (isNext && (best < 0 || value > values[offset + best])) best = c;
    }
    if (best < 0) break;
    [last, at] = [values[offset + best], best];
    top.push(names[best]);
  }
  return top;
}
