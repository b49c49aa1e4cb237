/**
 * The rows with the highest scores: what `elbow score --out FILE` shows, so that a first look needs no other program.
 */
import type { Decision } from "../../scoring/decisions/decide.ts";
import type { ScoreTable } from "../../scoring/table_scorer.ts";
import type { BlamedColumn } from "../../scoring/explain/blamed_column.ts";
import { TOP_COLUMNS } from "../../scoring/verdict_lines.ts";
import { alignColumns } from "../text/aligned.ts";
import { printable, topColumns } from "../text/text.ts";
import { explanations, type FlaggedRows } from "./explained.ts";

/** How many rows are shown. */
const SHOWN_ROWS = 10;

/** A row as it is shown. */
export interface StrangeRow {
  /** Counted from 1. */
  readonly row: number;
  readonly score: number;
  /** Null without calibration. */
  readonly pValue: number | null;
  /** Null if there is no verdict. */
  readonly anomaly: boolean | null;
  readonly topColumns: readonly string[];
  /** The blamed columns of a flagged row, if asked for. */
  readonly blamed?: readonly BlamedColumn[];
}

/** Indices of the highest scores, highest first; of equal ones the first. */
export function highest(scores: Float64Array): readonly number[] {
  const best: number[] = [];
  for (let r = 0; r < scores.length; r++) {
    if (best.length === SHOWN_ROWS && !(scores[r] > scores[best[SHOWN_ROWS - 1]])) continue;
    let at = best.length;
    while (at > 0 && scores[best[at - 1]] < scores[r]) at--;
    best.splice(at, 0, r);
    best.length = Math.min(best.length, SHOWN_ROWS);
  }
  return best;
}

/** The strangest rows of a part of a file. @param firstRow the number of rows before it */
export function strangestOf(
  { scores, contributions, blamed }:
    & Pick<ScoreTable, "scores" | "contributions">
    & Partial<Pick<FlaggedRows, "blamed">>,
  { pValues, verdict }: Pick<Decision, "pValues" | "verdict">,
  firstRow: number,
  columns: readonly string[],
): StrangeRow[] {
  return highest(scores).map((r) => ({
    row: firstRow + r + 1,
    score: scores[r],
    pValue: pValues[r],
    anomaly: verdict(r) === "uncertain" ? null : verdict(r) === "anomaly",
    topColumns: topColumns(contributions, r * columns.length, columns, TOP_COLUMNS),
    ...(blamed?.has(r) && { blamed: blamed.get(r) }),
  }));
}

/** The strangest of two lists, the first of which holds earlier rows. */
export function strangestOfAll(
  earlier: readonly StrangeRow[],
  later: readonly StrangeRow[],
): readonly StrangeRow[] {
  const all = [...earlier, ...later];
  return highest(Float64Array.from(all, ({ score }) => score)).map((index) => all[index]);
}

/** For standard output; empty if there are no rows. */
export function strangestTable(rows: readonly StrangeRow[]): string {
  if (rows.length === 0) return "";
  const cells = rows.map(({ row, score, pValue, anomaly }) => [
    ...[`${row}`, score.toFixed(3), pValue?.toPrecision(2) ?? "-"],
    anomaly === null ? "-" : anomaly ? "yes" : "no",
  ]);
  const lines = alignColumns(["row", "score", "p-value", "anomaly"], cells, 0).split("\n");
  const blame = [["columns to blame"], ...rows.map(blameLines)];
  const isBlamed = rows.some(({ topColumns }) => topColumns.length > 0);
  const table = blame.flatMap((texts, r) =>
    texts.map((text, i) => {
      const start = i === 0 ? lines[r] : " ".repeat(lines[r].length);
      return `${start}${isBlamed ? `  ${text}` : ""}`.trimEnd();
    })
  );
  return `The strangest rows\n${table.join("\n")}\n`;
}

/** The columns to blame in one line, or in one line each if they are explained. */
function blameLines({ topColumns, blamed = [] }: StrangeRow): string[] {
  return blamed.length > 0 ? explanations(blamed) : [printable(topColumns.join(", "))];
}
