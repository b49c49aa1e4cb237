/**
 * `elbow score MODEL DATA`: a score, a p-value and the columns to blame for every row, as CSV.
 * A bare VAE gives only scores: it was never calibrated, and has no named columns.
 */
import { Command } from "npm:commander@15.1.0";
import { explainerOf } from "../../scoring/explain/explain.ts";
import { writeAtomically } from "../files/files.ts";
import { isStandardInput, peekedInput } from "../files/input.ts";
import { addRowsOut, requireRowsPath } from "../files/rows_output.ts";
import { type Io, note, print } from "../io.ts";
import { loadAny, type LoadedModel, type LoadedRbm } from "../models/model.ts";
import * as options from "../options.ts";
import { inputFormat } from "../score/input/input_formats.ts";
import {
  decidingOptions,
  explainingOptions,
  methodOptions,
  requireUsed,
  type ScoreFlags,
  streamOptions,
} from "../score/options.ts";
import { scoreTable } from "../score/score_table.ts";
import { scoresCsv, scoresJson, summary } from "../score/scored.ts";
import { highest, strangestTable } from "../score/strangest.ts";
import { writeStream } from "../score/stream/write_stream.ts";
import { gathered } from "../text/text.ts";

export function scoreCommand(io: Io): Command {
  const command = new Command("score").summary("score the rows of a table")
    .description(
      "Writes row,score,p_value,anomaly,top_columns for every row of DATA. Scores are in nats; higher is " +
        "more anomalous. An anomaly is a row whose p-value is at or below the false-alarm rate. With --fdr " +
        "the limit is such that, on average, at most this share of the flagged rows is normal.",
    )
    .argument("<model>", options.MODEL_FILE)
    .argument("<data>", options.tableFile());
  addRowsOut(command, "CSV file to write instead of standard output")
    .addOption(options.noHeaderOption());
  for (const more of [decidingOptions, explainingOptions, methodOptions, streamOptions]) {
    for (const option of more()) command.addOption(option);
  }
  command.addOption(options.backendOption()).addOption(options.jsonOption());
  return command.action(async (path: string, table: string, given: ScoreFlags) => {
    requireUsed(given, command);
    await requireRowsPath(given, [path, table]);
    using model = await loadAny(path, { backend: given.backend });
    const input = isStandardInput(table) ? await peekedInput(table, io) : undefined;
    const data = input ? "-" : table, source = input?.io ?? io;
    const format = inputFormat(data, input?.first, given.header);
    if (given.online) requireSeries(model, path, given, format);
    if (given.explain !== undefined) requireExplainer(model, path);
    const { scorer } = model;
    const isWhole = needsWhole(given) || (scorer?.window !== undefined && !given.online);
    if (scorer && !isWhole) {
      return await writeStream({ ...model, scorer }, data, given, source, format);
    }
    const scored = await scoreTable(model, data, given, source);
    if (given.out !== undefined) await writeAtomically(given.out, gathered(scoresCsv(scored)), io);
    if (given.json) print(io, scoresJson(model, scored, given.out));
    else if (given.out === undefined) print(io, scoresCsv(scored));
    else io.stdout(strangestTable(highest(scored.scores).map(scored.row)));
    note(io, summary(scored, scorer));
  });
}

/** A rate over the whole table needs all of it; so do a single JSON object, and the windows of a series. */
function needsWhole({ json, fdr, method }: ScoreFlags): boolean {
  return json === true || fdr !== undefined || method !== undefined;
}

function requireExplainer({ scorer }: LoadedModel | LoadedRbm, path: string): void {
  if (!scorer) {
    throw new TypeError(`Cannot explain: ${path} is a bare model, which does not blame columns`);
  }
  explainerOf(scorer);
}

function requireSeries(
  { scorer }: LoadedModel | LoadedRbm,
  path: string,
  { maxSeries }: ScoreFlags,
  format?: object,
): void {
  if (scorer?.window === undefined) {
    throw new TypeError(`Cannot score --online: ${path} is not a model of a series`);
  }
  if (maxSeries !== undefined && scorer.table.by === undefined) {
    throw new TypeError(`Cannot use --max-series: ${path} is a model of one series (train --by)`);
  }
  if (format) return;
  throw new TypeError("Cannot score --online: the data must be CSV or JSON lines");
}
