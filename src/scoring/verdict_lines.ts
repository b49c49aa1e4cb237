/**
 * Verdicts as CSV: `row,score,p_value,anomaly,top_columns`, and what else is asked for. What `elbow score`
 * writes and what a scoring job answers with are these lines.
 */
import { csvLine } from "../formats/csv_line.ts";
import { BlameCells, PValueTexts } from "./blame_cells.ts";
import type { Decision } from "./decisions/decide.ts";
import type { ScoreTable, TableScorer } from "./table_scorer.ts";

/** Columns to blame that are listed. */
export const TOP_COLUMNS = 3;

/** Before the lines of every row. */
export const HEADER: readonly string[] = ["row", "score", "p_value", "anomaly", "top_columns"];

/**
 * One line a row.
 * @param firstRow rows before the first of them
 * @param more cells that follow
 */
export function verdictLines(
  { columns, calibration }: Pick<TableScorer, "columns" | "calibration">,
  { scores, contributions }: Pick<ScoreTable, "scores" | "contributions">,
  { pValues, verdict }: Pick<Decision, "pValues" | "verdict">,
  firstRow: number,
  more?: (row: number) => readonly string[],
): string {
  const width = columns.length;
  const blamed = new BlameCells(columns, TOP_COLUMNS);
  const pTexts = new PValueTexts(calibration.resolution);
  const lines = new Array<string>(scores.length);
  for (let r = 0; r < lines.length; r++) {
    const its = verdict(r), flag = its === "uncertain" ? its : its === "anomaly";
    const top = blamed.of(contributions, r * width), p = pTexts.of(pValues[r]);
    const rest = more ? `,${csvLine(more(r))}` : "\n";
    lines[r] = `${firstRow + r + 1},${scores[r]},${p},${flag},${top}${rest}`;
  }
  return lines.join("");
}
