/**
 * The cost of a training run, known before it begins: its multiply-adds,
 *
 *     work = rows x epochs x 3 x weights,
 *
 * for each network: each weight is used once in the forward pass and twice in the backward pass. A given spec
 * multiplies this by the draws of z and by the classes that a row may have. EM costs the covariance, plus products with
 * it at every step.
 */
import { defaultTraining, detectorSpec, MEMBERS, memberTraining } from "../detection/defaults.ts";
import { presetOf } from "../detection/options.ts";
import { type RawSpec, specFor } from "../detection/table_spec.ts";
import { type ModelSpec, parseSpec } from "../models/spec.ts";
import { parametersOf } from "../models/vae_graph.ts";
import { parseObjective } from "../objectives/objective.ts";
import {
  isRelative,
  parseRelative,
  type RelativeSpec,
} from "../training/relatives/relative_spec.ts";
import type { TrainSettings } from "./train_settings.ts";

/** What determines the cost. */
export interface RunSize {
  readonly rows: number;
  readonly columns: number;
  readonly settings: TrainSettings;
}

/** Passes over the weights in one step: forward, and backward to inputs and to weights. */
const PASSES = 3;

/** Views of an ensemble, each with networks of its own. */
const VIEWS = 2;

/** The most weights of a model that a job makes: a worker's memory holds them four times. */
const MAX_WEIGHTS = 2 ** 26;

/** The default number of EM steps. */
const EM_STEPS = 1000;
const GRADIENT_OPTIONS = ["objective", "batchSize", "validation", "earlyStopping"] as const;

/** Multiply-adds of a run. @throws TypeError or RangeError for an invalid run, or a model too large to keep */
export function workOf({ rows, columns, settings }: RunSize): number {
  const { spec: rawSpec } = settings;
  if (rawSpec === undefined) return detectorWork(rows, columns, settings);
  return isRelative(rawSpec)
    ? emWork(rows, emSpecOf(rawSpec, columns), columns, settings)
    : specWork(rows, specFor(rawSpec, columns), settings);
}

/** @throws RangeError if a run would cost more */
export function requireWork(size: RunSize, maxWork: number): void {
  const work = workOf(size);
  if (work <= maxWork) return;
  const { rows, columns } = size;
  throw new RangeError(
    `Cannot train: ${rows} rows of ${columns} columns must take at most ${maxWork} multiply-adds, got ${work}: ask for fewer epochs or a smaller network`,
  );
}

/** @throws TypeError for a Boltzmann machine: it cannot be served, so no job trains one */
export function emSpecOf(rawSpec: RawSpec & { readonly type: unknown }, columns: number): EmSpec {
  const spec = parseRelative(rawSpec, columns);
  if (spec.type !== "rbm") return spec;
  throw new TypeError(
    "Cannot train: a Boltzmann machine cannot be served: use elbow train and elbow score",
  );
}

/** The spec of a model that EM fits. */
export type EmSpec = Exclude<RelativeSpec, { readonly type: "rbm" }>;

function detectorWork(rows: number, columns: number, settings: TrainSettings): number {
  const { hidden, latent, likelihood, objective, batchSize } = settings;
  if (objective) parseObjective(objective);
  const isEnsemble = presetOf(settings) === "ensemble";
  const defaults = (isEnsemble ? memberTraining : defaultTraining)(rows, batchSize);
  const { epochs = defaults.epochs ?? 1 } = settings;
  const networks = isEnsemble ? VIEWS * MEMBERS : 1;
  const spec = parseSpec(detectorSpec([{ columns }], { hidden, latent, likelihood }));
  return networks * rows * epochs * PASSES * weightsOf(spec);
}

function specWork(rows: number, spec: ModelSpec, settings: TrainSettings): number {
  const weights = weightsOf(spec);
  if (weights > MAX_WEIGHTS) {
    throw new RangeError(
      `Cannot train: a model must have at most ${MAX_WEIGHTS} weights, got ${weights}`,
    );
  }
  const { samples } = parseObjective(settings.objective, spec.classifier !== undefined);
  const classes = spec.classifier ? spec.condition : 1;
  const epochs = settings.epochs ?? defaultTraining(rows, settings.batchSize).epochs ?? 1;
  return rows * epochs * PASSES * weights * samples * classes;
}

function emWork(
  rows: number,
  { latent }: EmSpec,
  columns: number,
  settings: TrainSettings,
): number {
  const unsupported = GRADIENT_OPTIONS.find((name) => settings[name] !== undefined);
  if (unsupported) throw new TypeError(`Cannot train: EM takes no ${unsupported}: leave it out`);
  return rows * columns ** 2 + (settings.epochs ?? EM_STEPS) * PASSES * columns ** 2 * latent;
}

function weightsOf(spec: ModelSpec): number {
  return parametersOf(spec).reduce((sum, { rows, cols }) => sum + rows * cols, 0);
}
