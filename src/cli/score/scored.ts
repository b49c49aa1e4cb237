/** All verdicts of `elbow score` on a table, and how they are written: as CSV, as one JSON object, in a sentence. */
import type { Table } from "../../formats/mod.ts";
import { shiftedColumns } from "../../detection/drift/shifted_columns.ts";
import { alarmsPerDay } from "../../detection/series/alarms_per_day.ts";
import type { Decision } from "../../scoring/decisions/decide.ts";
import type { BlamedColumn } from "../../scoring/explain/blamed_column.ts";
import type { ScoreTable, TableScorer } from "../../scoring/table_scorer.ts";
import { regretCell, TOP_COLUMNS } from "../../scoring/verdict_lines.ts";
import type { ScoreName } from "../../training/scores/mod.ts";
import type { LoadedModel, LoadedRbm } from "../models/model.ts";
import { counted, csvLine, jsonLine, topColumns } from "../text/text.ts";
import { headerOf, type ScoreSettings } from "./cell_scorer.ts";
import { explanation, type FlaggedRows } from "./explained.ts";
import { flaggedSummary } from "./summary.ts";

/** The verdict on one row; null for a bare VAE. */
export interface ScoredRow {
  /** Counted from 1, the first row of data. */
  readonly row: number;
  readonly score: number;
  readonly pValue: number | null;
  /** Also null if the verdict is withheld. */
  readonly anomaly: boolean | null;
  /** The confidence of the verdict, if a minimum was asked for. */
  readonly confidence?: number;
  /** Up to three columns with the largest positive contributions, largest first. */
  readonly topColumns: readonly string[];
  readonly contributions: Readonly<Record<string, number>> | null;
  /** The regret of a flagged row in nats, if a second look was asked for. */
  readonly regret?: number;
  /** The blamed columns of a flagged row, if asked for. */
  readonly blamed?: readonly BlamedColumn[];
}

/** All verdicts on a table. */
export interface ScoredTable {
  readonly table: Table;
  readonly scores: Float64Array;
  /** The options, complete; absent for a bare VAE. */
  readonly settings?: ScoreSettings;
  /** A score other than the model's own, if asked for. */
  readonly method?: ScoreName;
  readonly decision?: Decision;
  /** What kind of model has no calibration. */
  readonly bare?: string;
  /** The score above which rows are flagged; only with a rate, not with `fdr`. */
  readonly threshold?: number;
  row(index: number): ScoredRow;
}

/** The verdict on a row without calibration. */
export const NO_VERDICT = { pValue: null, anomaly: null, topColumns: [], contributions: null };

export function scoredRow(
  { scores, contributions, blamed, regrets }: ScoreTable & Partial<FlaggedRows> & {
    readonly regrets?: Float64Array;
  },
  { pValues, confidences, verdict }: Decision,
  index: number,
  columns: readonly string[],
): ScoredRow {
  const width = columns.length;
  const rowContributions = contributions.subarray(index * width, (index + 1) * width);
  const rowVerdict = verdict(index);
  return {
    row: index + 1,
    score: scores[index],
    pValue: pValues[index],
    anomaly: rowVerdict === "uncertain" ? null : rowVerdict === "anomaly",
    ...(confidences && { confidence: confidences[index] }),
    topColumns: topColumns(rowContributions, 0, columns, TOP_COLUMNS),
    contributions: Object.fromEntries(columns.map((name, c) => [name, rowContributions[c]])),
    ...(regrets && rowVerdict === "anomaly" && { regret: regrets[index] }),
    ...(blamed?.has(index) && { blamed: blamed.get(index) }),
  };
}

/** The lines of the CSV file; a withheld verdict is "uncertain". */
export function* scoresCsv(
  { table: { rows }, row, decision, settings }: ScoredTable,
): Generator<string> {
  yield csvLine(headerOf(settings ?? {}));
  for (let index = 0; index < rows; index++) {
    const { score, pValue, anomaly, topColumns, confidence, regret, blamed } = row(index);
    const verdict = anomaly ?? (decision ? "uncertain" : "");
    yield csvLine([
      ...[index + 1, score, pValue ?? "", verdict, topColumns.join(";")],
      ...(confidence === undefined ? [] : [confidence.toFixed(4)]),
      ...(settings?.secondLook ? [regretCell(regret)] : []),
      ...(settings?.explain ? [explanation(blamed)] : []),
    ]);
  }
}

export function scoresJson(
  { path: model, scorer }: Pick<LoadedModel | LoadedRbm, "path" | "scorer">,
  scored: ScoredTable,
  out?: string,
): Generator<string> {
  const { table, settings, threshold, decision } = scored;
  const perDay = scorer && settings && settings.fdr === undefined
    ? alarmsPerDay(scorer.table, settings.falseAlarmRate)
    : undefined;
  const fields = {
    model,
    data: table.source,
    rows: table.rows,
    out,
    method: scored.method,
    falseAlarmRate: settings?.fdr === undefined ? settings?.falseAlarmRate : undefined,
    falseAlarmsPerDay: perDay,
    fdr: settings?.fdr,
    limit: settings?.fdr === undefined ? undefined : decision?.limit,
    threshold,
    anomalies: decision?.anomalies,
    uncertain: decision?.confidences && decision.uncertain,
    extrapolated: decision?.extrapolated || undefined,
  };
  const rows = {
    *[Symbol.iterator]() {
      for (let index = 0; index < table.rows; index++) yield scored.row(index);
    },
  };
  return jsonLine(fields, { scores: rows });
}

export function summary(
  { table, settings, decision, bare, method }: ScoredTable,
  scorer: TableScorer | undefined,
): string {
  const rows = `${counted(table.rows, "row")} scored`;
  if (method) return `${rows} by ${method}: without p-values, no row is flagged`;
  if (!scorer || !settings || !decision) return `${rows}: a ${bare} has no p-values and flags none`;
  const totals = { ...decision, rows: table.rows };
  const shifted = () => shiftedColumns(scorer.table, table);
  return flaggedSummary(scorer, totals, settings, decision, shifted);
}
