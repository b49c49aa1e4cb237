/** The options of `elbow score`. */
import { type Command, InvalidArgumentError, Option } from "npm:commander@15.1.0";
import type { DecisionOptions } from "../../scoring/decisions/decide.ts";
import { CONFIDENCE, RATE } from "../../scoring/decisions/rates.ts";
import { MAX_BLAMED } from "../../scoring/explain/explainer.ts";
import { requireVote, type Vote } from "../../scoring/series/vote.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import { TOP_COLUMNS } from "../../scoring/verdict_lines.ts";
import { needsReference, SCORE_NAMES, type ScoreName } from "../../training/scores/mod.ts";
import * as options from "../options.ts";
import type { ScoreSettings } from "./cell_scorer.ts";

/** Options as commander passes them. */
export interface ScoreFlags
  extends options.JsonOption, options.BackendOption, options.HeaderOption, DecisionOptions {
  readonly out?: string;
  readonly online?: boolean;
  readonly vote?: Vote;
  /** With online: series that are kept at a time. */
  readonly maxSeries?: number;
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

/** Options that decide which rows are flagged. */
export function decidingOptions(): Option[] {
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

/** Options that explain flagged rows. */
export function explainingOptions(): Option[] {
  return [
    options.integerOption(
      "--explain [columns]",
      "for flagged rows, show the values in this many blamed columns and the values expected (" +
        `${TOP_COLUMNS} if not given)`,
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

/** Options for another score than the model's own. */
export function methodOptions(): Option[] {
  return [
    new Option("--method <name>", "score by the network alone with this method, without p-values")
      .choices(SCORE_NAMES)
      .conflicts(["falseAlarmRate", "fdr", "tail", "minConfidence"])
      .conflicts(["explain", "conditional", "secondLook"]),
    new Option("--reference <table>", "normal rows, for --method mahalanobis, typicality and dose"),
  ];
}

/** Options for series. */
export function streamOptions(): Option[] {
  return [
    new Option(
      "--online",
      "score the steps of a series one by one, as they arrive (train --window)",
    )
      .conflicts(["fdr", "tail", "minConfidence", "json", "secondLook"]),
    new Option("--vote <k/m>", "with --online: alarm when k of the last m steps were flagged")
      .argParser(vote).implies({ online: true }),
    options.integerOption(
      "--max-series <n>",
      "with --online of several series (train --by): remember the last n, and start others anew (default: what " +
        "fits into 256 MiB)",
      { min: 1 },
    ).implies({ online: true }),
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

/** The scores that compare with known rows. */
const COMPARING = SCORE_NAMES.filter(needsReference);

/** Refuses options that the others leave without effect, or that lack another. */
export function requireUsed({ reference, method }: ScoreFlags, command: Command): void {
  if (reference === undefined && method && needsReference(method)) {
    command.error(`error: option '--method ${method}' needs '--reference <table>'`);
  }
  if (reference === undefined || (method && needsReference(method))) return;
  command.error(`error: option '--reference <table>' is for --method ${COMPARING.join(", ")}`);
}

/** How a detector judges rows by these options. */
export function settingsOf(
  scorer: TableScorer,
  { fdr, tail, minConfidence, secondLook, explain, conditional, ...given }: ScoreFlags,
): ScoreSettings {
  const { falseAlarmRate = scorer.falseAlarmRate } = given;
  return {
    ...{ falseAlarmRate, fdr, tail, minConfidence, secondLook },
    ...(explain !== undefined && { explain: { columns: explain, conditional } }),
  };
}
