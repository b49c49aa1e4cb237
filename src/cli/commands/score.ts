/**
 * `elbow score MODEL DATA`: a score, a p-value and the columns to blame for every row, as CSV.
 * A bare VAE gives only scores: it was never calibrated, and has no named columns.
 */
import { Command, InvalidArgumentError, Option } from "npm:commander@15.1.0";
import {
  decide,
  type Decision,
  type DecisionOptions,
  thresholdFor,
} from "../../scoring/decisions/decide.ts";
import { CONFIDENCE, RATE } from "../../scoring/decisions/rates.ts";
import { requireVote, type Vote } from "../../scoring/series/vote.ts";
import { stepMeans } from "../../scoring/series/windows.ts";
import { explainerOf, type ExplainOptions, MAX_BLAMED } from "../../scoring/explain/explain.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { SCORE_NAMES, type ScoreName } from "../../training/scores/mod.ts";
import { caution } from "../score/caution.ts";
import { withTrainableVae } from "../score/trainable_vae.ts";
import { TOP_COLUMNS } from "../../scoring/verdict_lines.ts";
import { readDataFor } from "../files/data.ts";
import { explainFlagged } from "../score/explained.ts";
import { writeAtomically } from "../files/files.ts";
import { type Io, print } from "../io.ts";
import { manyFlagged, manyFlaggedSteps } from "../score/many_flagged.ts";
import { loadAny, type LoadedModel, type LoadedRbm } from "../models/model.ts";
import * as options from "../options.ts";
import { peekedInput, piecesOf } from "../files/input.ts";
import { requireRowsPath } from "../files/rows_output.ts";
import { type ScoreSettings, secondLook } from "../score/block.ts";
import type { InputFormat } from "../score/input_format.ts";
import { inputFormat } from "../score/input_formats.ts";
import {
  NO_VERDICT,
  scoredRow,
  type ScoredTable,
  scoresCsv,
  scoresJson,
  summary,
} from "../score/scored.ts";
import { scoreStream, type ScoringModel } from "../score/stream.ts";
import { untilAborted } from "../score/until_aborted.ts";
import { count, counted, gathered, rate } from "../text/text.ts";

/** Options as commander passes them. */
interface ScoreOptions extends options.JsonOption, options.BackendOption, DecisionOptions {
  readonly out?: string;
  readonly online?: boolean;
  readonly vote?: Vote;
  /** Columns to explain in each flagged row. */
  readonly explain?: number;
  readonly conditional?: boolean;
  /** Whether flagged rows get a second look. */
  readonly secondLook?: boolean;
  /** Another score than the model's own, from the VAE alone. */
  readonly method?: ScoreName;
  /** A table of normal rows to compare with. */
  readonly reference?: string;
}

export function scoreCommand(io: Io): Command {
  const command = new Command("score").summary("score the rows of a table")
    .description(
      "Writes row,score,p_value,anomaly,top_columns for every row of DATA. Scores are in nats; higher is\n" +
        "more anomalous. An anomaly is a row whose p-value is at or below the false-alarm rate. With --fdr\n" +
        "the limit is such that, on average, at most this share of the flagged rows is normal.",
    )
    .argument("<model>", "file written by elbow train")
    .argument("<data>", "table: .csv .tsv .parquet .npy .npz .jsonl .json, or - for standard input")
    .option("--out <file>", "CSV file to write instead of standard output");
  for (const option of decidingOptions()) command.addOption(option);
  command.addOption(options.backendOption()).addOption(options.jsonOption());
  for (const option of [...explainingOptions(), ...namingOptions(), ...streamOptions()]) {
    command.addOption(option);
  }
  return command.action(async (path: string, data: string, given: ScoreOptions) => {
    requireUsed(given, command);
    await requireRowsPath(given, [path, data]);
    using model = await loadAny(path, { backend: given.backend });
    const input = data === "-" ? await peekedInput(io) : undefined;
    const format = inputFormat(data, input?.first);
    const source = input?.io ?? io;
    if (given.online) requireSeries(model, path, format);
    if (given.explain !== undefined) requireExplainer(model, path);
    const { scorer } = model;
    const isWhole = needsWhole(given) || (scorer?.window !== undefined && !given.online);
    if (scorer && format && !isWhole) {
      return await writeStream({ ...model, scorer }, data, given, source, format);
    }
    const scored = await score(model, data, given, source);
    if (given.out !== undefined) await writeAtomically(given.out, gathered(scoresCsv(scored)), io);
    if (given.json) print(io, scoresJson(path, scored, given.out));
    else if (given.out === undefined) print(io, scoresCsv(scored));
    io.stderr(`elbow: ${summary(scored, scorer)}\n`);
  });
}

/** A rate over the whole table needs all of it; so do a single JSON object, and the windows of a series. */
function needsWhole({ json, fdr, method }: ScoreOptions): boolean {
  return json === true || fdr !== undefined || method !== undefined;
}

/** The scores that compare with known rows. */
const COMPARING: readonly (ScoreName | undefined)[] = ["mahalanobis", "typicality", "dose"];

function requireUsed({ reference, method }: ScoreOptions, command: Command): void {
  if (reference === undefined || COMPARING.includes(method)) return;
  command.error(`error: option '--reference <table>' is for --method ${COMPARING.join(", ")}`);
}

function decidingOptions(): Option[] {
  return [
    options.falseAlarmRateOption("share of normal rows that may be flagged (default: as trained)"),
    options.numberOption(
      "--fdr <share>",
      "share of flagged rows that may be normal, over the table",
      RATE,
    ).conflicts("falseAlarmRate"),
    new Option("--tail", "extrapolate p-values beyond what the calibration rows can tell apart"),
    options.numberOption(
      "--min-confidence <share>",
      "withhold verdicts less certain than this",
      CONFIDENCE,
    ),
  ];
}

function explainingOptions(): Option[] {
  return [
    options.integerOption(
      "--explain [columns]",
      "for flagged rows, show the values in this many blamed columns and the values expected",
      { min: 1, max: MAX_BLAMED },
    ).preset(String(TOP_COLUMNS)),
    new Option(
      "--conditional",
      "with --explain: credit columns with what they add beyond what the others explain",
    ).implies({ explain: TOP_COLUMNS }),
    new Option(
      "--second-look",
      "add the regret of flagged rows: nats that the network gains with the best code for that row",
    ),
  ];
}

function namingOptions(): Option[] {
  return [
    new Option("--method <name>", "score by the network alone with this method, without p-values")
      .choices(SCORE_NAMES)
      .conflicts(["falseAlarmRate", "fdr", "tail", "minConfidence"])
      .conflicts(["explain", "conditional", "secondLook"]),
    new Option("--reference <table>", "normal rows, for --method mahalanobis, typicality and dose"),
  ];
}

/** Options for series. */
function streamOptions(): Option[] {
  return [
    new Option(
      "--online",
      "score the steps of a series one by one, as they arrive (train --window)",
    )
      .conflicts(["fdr", "tail", "minConfidence", "json", "secondLook", "explain", "conditional"]),
    new Option("--vote <k/m>", "with --online: alarm when k of the last m steps were flagged")
      .argParser(vote).implies({ online: true }),
  ];
}

/** Parses k/m. */
function vote(text: string): Vote {
  const [k, of] = text.split("/").map(Number);
  try {
    return requireVote({ k, of });
  } catch {
    throw new InvalidArgumentError(VOTE_EXPECTED);
  }
}

const VOTE_EXPECTED = "Expected two whole numbers such as 3/5, the first no larger.";

function requireExplainer({ scorer }: LoadedModel | LoadedRbm, path: string): void {
  if (!scorer) {
    throw new TypeError(`Cannot explain: ${path} is a bare model, which does not blame columns`);
  }
  explainerOf(scorer);
}

function explainOptions({ explain, conditional }: ScoreOptions): ExplainOptions | undefined {
  return explain === undefined ? undefined : { columns: explain, conditional };
}

function requireSeries({ scorer }: LoadedModel | LoadedRbm, path: string, format?: object): void {
  if (scorer?.window === undefined) {
    throw new TypeError(`Cannot score --online: ${path} is not a model of a series`);
  }
  if (format) return;
  throw new TypeError("Cannot score --online: the data must be CSV or JSON lines");
}

/** Scores a file while reading it. */
async function writeStream(
  model: ScoringModel,
  data: string,
  { out, backend, online: isOnline, vote, ...given }: ScoreOptions,
  io: Io,
  format: InputFormat,
): Promise<void> {
  const { scorer } = model;
  const { falseAlarmRate = scorer.falseAlarmRate, tail, minConfidence } = given;
  const { secondLook } = given;
  const settings = {
    falseAlarmRate,
    tail,
    minConfidence,
    secondLook,
    explain: explainOptions(given),
  };
  thresholdFor(scorer.calibration, settings); // refuses a rate that cannot be held
  const totals = { rows: 0, anomalies: 0, uncertain: 0 };
  const pieces = piecesOf(data, io), device = { backend };
  if (isOnline) scorer.setFalseAlarmRate(falseAlarmRate);
  const online = isOnline ? scorer.stream({ vote }) : undefined;
  const request = { model, source: data, pieces, settings, device, format, online, io };
  const lines = untilAborted(scoreStream(request, totals), io.signal);
  if (out !== undefined) await writeAtomically(out, lines);
  else for await (const piece of lines) io.stdout(piece);
  const { rows, anomalies, uncertain } = totals;
  const withheld = minConfidence === undefined ? "" : `, ${count(uncertain)} left uncertain`;
  const { window = 0 } = scorer;
  if (rows < window) {
    io.stderr(`elbow: ${counted(rows, "row")} read, none scored: a window needs ${window}\n`);
    return;
  }
  const many = isOnline
    ? manyFlaggedSteps(anomalies, rows)
    : manyFlagged(anomalies, rows, falseAlarmRate);
  const at = rate(falseAlarmRate);
  const flagged = `${counted(anomalies, "row")} flagged at a false-alarm rate of ${at}`;
  const cautions = caution(
    scorer.calibration,
    decide(scorer.calibration, NO_SCORES, settings),
    settings,
    isOnline === true,
  );
  io.stderr(`elbow: ${counted(rows, "row")} scored, ${flagged}${withheld}${cautions}${many}\n`);
}

const NO_SCORES = new Float64Array(0);

/** Reads and scores DATA. */
export async function score(
  model: LoadedModel | LoadedRbm,
  data: string,
  { falseAlarmRate, fdr, tail, minConfidence, ...rest }: Partial<ScoreOptions>,
  io: Io,
): Promise<ScoredTable> {
  const { scorer, units } = model;
  if (rest.method !== undefined) {
    if (!model.rbm) return await scoreByName(model, data, rest, io);
    throw new TypeError("Cannot score by --method: a Boltzmann machine has only its free energy");
  }
  const given = [falseAlarmRate, fdr, tail, minConfidence, rest.secondLook];
  if (!scorer && given.some((each) => each !== undefined)) {
    throw new TypeError(
      `Cannot flag rows: ${model.path} is a ${bareName(model)} without calibration`,
    );
  }
  const settings = scorer && {
    falseAlarmRate: falseAlarmRate ?? scorer.falseAlarmRate,
    fdr,
    tail,
    minConfidence,
    secondLook: rest.secondLook,
    explain: explainOptions(rest),
  };
  const threshold = scorer && fdr === undefined
    ? thresholdFor(scorer.calibration, settings!)
    : undefined;
  const table = await readDataFor(model, data, io);
  if (scorer && settings) {
    const results = scorer.scoreCells(table);
    const decision = decide(scorer.calibration, results.scores, settings);
    const why = settings.explain &&
      explainFlagged(scorer, table, results, decision, settings.explain);
    const regrets = await regretsOf(scorer, table, decision, settings, io.signal);
    const shown = { ...results, ...why, regrets };
    const row = (index: number) => scoredRow(shown, decision, index, units.columns);
    const isSeries = scorer.window !== undefined;
    const cautions = caution(scorer.calibration, decision, settings, isSeries);
    return { table, scores: results.scores, settings, decision, cautions, threshold, row };
  }
  const scores = await (model.rbm ?? model.vae).score(units.toVae(table));
  const bare = bareName(model);
  return {
    table,
    scores,
    bare,
    row: (index) => ({ row: index + 1, score: scores[index], ...NO_VERDICT }),
  };
}

async function regretsOf(
  scorer: TableScorer,
  { data, rows }: Cells,
  { verdict }: Decision,
  settings: ScoreSettings,
  signal: AbortSignal,
): Promise<Float64Array | undefined> {
  const second = await secondLook(scorer, settings);
  try {
    return await second?.regrets({ data, rows }, (r) => verdict(r) === "anomaly", signal);
  } finally {
    second?.dispose();
  }
}

function bareName({ rbm }: LoadedModel | LoadedRbm): string {
  return rbm ? "Boltzmann machine" : "bare VAE";
}

/** Scores that the network alone computes and that were never calibrated. */
async function scoreByName(
  model: LoadedModel,
  data: string,
  { method, reference }: Partial<ScoreOptions>,
  io: Io,
): Promise<ScoredTable> {
  const table = await readDataFor(model, data, io),
    toVae = (cells: Cells) => model.units.toVae(cells);
  const known = reference === undefined ? undefined : await readDataFor(model, reference, io);
  const ofRows = await withTrainableVae(
    model.vae,
    (vae) => vae.score(toVae(table), { method, ...(known && { reference: toVae(known) }) }),
  );
  const { scorer: { window } = {} } = model;
  const scores = window === undefined ? ofRows : stepMeans(ofRows, 1, window);
  const row = (index: number) => ({ row: index + 1, score: scores[index], ...NO_VERDICT });
  return { table, scores, method, row };
}
