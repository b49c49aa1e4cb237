/**
 * The scores of a VAE by name, one file each. All are deterministic, and higher is more anomalous. A row's score does
 * not depend on the other rows or its position: if draws are needed, all rows use the same. To add a score, add its
 * file, its name and its line here, and its case in `tests/training/named_scores_test.ts`.
 */
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import { requireFiniteRows } from "../../trained/finite.ts";
import type { Matrix, Rows } from "../../trained/rows/matrix.ts";
import type { OnHost } from "../../trained/on_host.ts";
import { dose } from "./dose.ts";
import { elbo } from "./elbo.ts";
import { kl } from "./kl.ts";
import { logLikelihood } from "./log_likelihood.ts";
import { mahalanobis } from "./mahalanobis.ts";
import { reconstruction, squaredError } from "./reconstruction.ts";
import { regret } from "./regret.ts";
import { type NamedScore, type ScoreSettings, SETTINGS } from "./score.ts";
import { typicality } from "./typicality.ts";
import { worstColumns } from "./worst_columns.ts";

export { combineRanks } from "./combine.ts";
export type { ScoreSettings } from "./score.ts";

/** The scores of `VAE.score`. */
export type ScoreName =
  | "elbo"
  | "reconstruction"
  | "squaredError"
  | "kl"
  | "logLikelihood"
  | "worstColumns"
  | "mahalanobis"
  | "typicality"
  | "regret"
  | "dose";

const SCORES: { readonly [N in ScoreName]: NamedScore } = {
  elbo,
  reconstruction,
  squaredError,
  kl,
  logLikelihood,
  worstColumns,
  mahalanobis,
  typicality,
  regret,
  dose,
};

/** In the order in which help lists them. */
export const SCORE_NAMES = Object.keys(SCORES) as readonly ScoreName[];

/** Which score, and its options. */
export interface NamedScoreOptions extends Partial<ScoreSettings> {
  /** Default: "elbo". */
  readonly method?: ScoreName;
  /** Rows known to be normal, for "mahalanobis", "typicality" and "dose". */
  readonly reference?: Rows;
}

/** Whether a score compares with reference rows. */
export function needsReference(method: ScoreName): boolean {
  return SCORES[method].needsReference ?? false;
}

/**
 * @param toMatrix rows as the model's programs read them
 * @throws TypeError or RangeError naming the option, or the row whose score is not finite
 */
export function scoreBy(
  model: OnHost,
  x: Matrix,
  toMatrix: (rows: Rows) => Matrix,
  options: NamedScoreOptions,
): Float64Array {
  const keys = ["method", "reference", "samples", "columns", "steps", "seed"];
  const {
    method: given = "elbo",
    reference,
    samples = SETTINGS.samples,
    columns = SETTINGS.columns,
    steps = SETTINGS.steps,
    seed = SETTINGS.seed,
  } = requireObject("score options", options, keys) as NamedScoreOptions;
  const method = requireChoice("method", given, SCORE_NAMES),
    countLimits = { min: 1, integer: true };
  const settings: ScoreSettings = {
    samples: requireNumber("samples", samples, { ...countLimits, max: 1e6 }),
    columns: requireNumber("columns", columns, { ...countLimits, max: 65_536 }),
    steps: requireNumber("steps", steps, { ...countLimits, max: 1e6 }),
    seed: requireNumber("seed", seed, { integer: true }),
  };
  const referenceRows = reference === undefined ? undefined : toMatrix(reference);
  if (needsReference(method) && (referenceRows?.shape[0] ?? 0) < 2) {
    throw new RangeError(
      `Cannot score by ${method}: reference must be at least 2 normal rows, got ${
        referenceRows?.shape[0] ?? "none"
      }`,
    );
  }
  const scores = SCORES[method].of(model, x, settings, referenceRows ?? x);
  requireFiniteRows("score", scores, 1);
  return scores;
}
