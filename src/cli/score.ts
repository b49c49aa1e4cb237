/**
 * `elbow score MODEL DATA`: a score, a p-value and the columns to blame for every row, as CSV.
 * A bare VAE has scores alone: it was never calibrated, and knows no columns.
 */
import { Command } from "npm:commander@15.1.0";
import type { Table } from "../formats/mod.ts";
import type { ScoreTable } from "../scoring/table_scorer.ts";
import { readDataFor } from "./data.ts";
import { requirePlace, writeWhole } from "./files.ts";
import { type Io, print } from "./io.ts";
import { type LoadedModel, loadModel } from "./model.ts";
import * as options from "./options.ts";
import { counted, csvLine, gathered, jsonLine } from "./text.ts";

const TOP_COLUMNS = 3;
const HEADER = csvLine(["row", "score", "p_value", "anomaly", "top_columns"]);

/** Options as commander hands them over. */
export interface ScoreOptions extends options.JsonOption, options.BackendOption {
  readonly out?: string;
  readonly falseAlarmRate?: number;
}

/** The verdict on one row; null where a bare VAE has none. */
export interface ScoredRow {
  /** As a person counts: the first row of data is 1. */
  readonly row: number;
  readonly score: number;
  readonly pValue: number | null;
  readonly anomaly: boolean | null;
  /** Up to three columns with the largest positive contributions, the largest first. */
  readonly topColumns: readonly string[];
  readonly contributions: Readonly<Record<string, number>> | null;
}

/** All verdicts on a table. */
export interface Scored {
  readonly table: Table;
  readonly scores: Float64Array;
  /** The false-alarm rate and what it flags; absent for a bare VAE. */
  readonly falseAlarmRate?: number;
  readonly threshold?: number;
  readonly anomalies?: number;
  row(index: number): ScoredRow;
}

export function scoreCommand(io: Io): Command {
  const command = new Command("score").summary("score the rows of a table")
    .description(
      "Writes row,score,p_value,anomaly,top_columns for every row of DATA. Scores are in nats, higher is\n" +
        "more anomalous; an anomaly is a row whose p-value is at or below the false-alarm rate.",
    )
    .argument("<model>", "file written by elbow train")
    .argument("<data>", "table: .csv .tsv .npy .npz .jsonl, or - for standard input")
    .option("--out <file>", "CSV file to write instead of standard output")
    .addOption(options.falseAlarmRateOption("normal rows that may be flagged; as trained"))
    .addOption(options.backendOption())
    .addOption(options.jsonOption());
  return command.action(async (path: string, data: string, given: ScoreOptions) => {
    if (given.out !== undefined) await requirePlace(given.out, [path, data]);
    using model = await loadModel(path, { backend: given.backend });
    const scored = await score(model, data, given, io);
    if (given.out !== undefined) await writeWhole(given.out, gathered(scoresCsv(scored)));
    if (given.json) print(io, scoresJson(path, scored, given.out));
    else if (given.out === undefined) print(io, scoresCsv(scored));
    io.stderr(`elbow: ${summary(scored)}\n`);
  });
}

/** Reads and scores DATA. */
export async function score(
  model: LoadedModel,
  data: string,
  { falseAlarmRate }: Pick<ScoreOptions, "falseAlarmRate">,
  io: Io,
): Promise<Scored> {
  const { scorer, vae, units } = model;
  if (!scorer && falseAlarmRate !== undefined) {
    throw new TypeError(`Cannot flag rows: ${model.path} is a bare VAE without calibration`);
  }
  if (falseAlarmRate !== undefined) scorer?.setFalseAlarmRate(falseAlarmRate);
  const table = await readDataFor(model, data, io);
  if (scorer) {
    const results = scorer.scoreCells(table);
    let anomalies = 0;
    for (const pValue of results.pValues) if (scorer.isAnomaly(pValue)) anomalies++;
    return {
      table,
      scores: results.scores,
      falseAlarmRate: scorer.falseAlarmRate,
      threshold: scorer.threshold,
      anomalies,
      row: (index) =>
        scoredRow(results, index, units.columns, (pValue) => scorer.isAnomaly(pValue)),
    };
  }
  const scores = await vae.score(units.toVae(table));
  const none = { pValue: null, anomaly: null, topColumns: [], contributions: null };
  return { table, scores, row: (index) => ({ row: index + 1, score: scores[index], ...none }) };
}

function scoredRow(
  { scores, pValues, contributions }: ScoreTable,
  index: number,
  columns: readonly string[],
  isAnomaly: (pValue: number) => boolean,
): ScoredRow {
  const width = columns.length;
  const own = contributions.subarray(index * width, (index + 1) * width);
  const order = columns.map((_, c) => c).filter((c) => own[c] > 0).sort((a, b) => own[b] - own[a]);
  return {
    row: index + 1,
    score: scores[index],
    pValue: pValues[index],
    anomaly: isAnomaly(pValues[index]),
    topColumns: order.slice(0, TOP_COLUMNS).map((c) => columns[c]),
    contributions: Object.fromEntries(columns.map((name, c) => [name, own[c]])),
  };
}

/** The lines of the CSV file. */
export function* scoresCsv({ table: { rows }, row }: Scored): Generator<string> {
  yield HEADER;
  for (let index = 0; index < rows; index++) {
    const { score, pValue, anomaly, topColumns } = row(index);
    yield csvLine([index + 1, score, pValue ?? "", anomaly ?? "", topColumns.join(";")]);
  }
}

function scoresJson(model: string, scored: Scored, out?: string): Generator<string> {
  const { table, falseAlarmRate, threshold, anomalies } = scored;
  const fields = {
    model,
    data: table.source,
    rows: table.rows,
    out,
    falseAlarmRate,
    threshold,
    anomalies,
  };
  const rows = {
    *[Symbol.iterator]() {
      for (let index = 0; index < table.rows; index++) yield scored.row(index);
    },
  };
  return jsonLine(fields, { scores: rows });
}

function summary({ table, anomalies, falseAlarmRate }: Scored): string {
  const rows = `${counted(table.rows, "row")} scored`;
  if (anomalies === undefined) return `${rows}: a bare VAE has no p-values and flags none`;
  return `${rows}, ${counted(anomalies, "row")} flagged at a false-alarm rate of ${falseAlarmRate}`;
}
