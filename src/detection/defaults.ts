/** The detector's default networks and training. */
import type { PlainLikelihoodInput } from "../distributions/likelihoods/options.ts";
import type { ExpandedGroup, Expansion } from "../scoring/table/expansion.ts";
import type { ColumnSchema } from "../scoring/table/schema.ts";
import type { Standardization } from "../scoring/table/standardize.ts";
import type { ModelSpecInput } from "../models/spec.ts";
import type { StatisticName } from "../scoring/ensemble/statistics.ts";
import type { FitOptions } from "../training/options.ts";

/** Shape of the network. */
export interface DetectorSpecOptions {
  /** Widths of the encoder's hidden layers; the decoder mirrors them. */
  readonly hidden?: readonly number[];
  /** Latent dimensions. */
  readonly latent?: number;
  /**
   * The distribution of the column values. "gaussian" (with a learned variance per column), "studentT", "laplace" and,
   * for tables with single wrong cells, "contaminatedGaussian" suit any numbers, which are standardised first; other
   * likelihoods take the values unchanged.
   */
  readonly likelihood?: PlainLikelihoodInput["type"];
}

/**
 * The smallest variance allowed for a standardised column: σ = 0.02. Without this floor the variance of a constant or
 * duplicate column vanishes, and its noise dominates all other columns.
 */
export const MIN_VARIANCE = 4e-4;

/**
 * The most that a wrong value of a binary column costs, nats. A network gives a latent dimension to zeros and ones and
 * knows them to a few per cent, so one that a fault elsewhere contradicts would cost a thousand nats and take the
 * blame.
 */
const MAX_BINARY_COST = 60;

/** The least variance of each standardised column: ½ (1 / scale)² / variance is at most `MAX_BINARY_COST`. */
export function minVariances(
  schema: readonly ColumnSchema[],
  { owner }: Expansion,
  { scale }: Standardization,
): Float64Array {
  return scale.map((each, d) =>
    schema[owner[d]].kind === "binary" ? 1 / (2 * MAX_BINARY_COST * each ** 2) : 0
  );
}

/** Steps of the default training, whatever the number of rows. */
const STEPS = 2000;

/** Next to the latent layer a little narrower, for the bytes that levels take; detection is level (ADR 82). */
const HIDDEN_OF_LEVELS = [48, 40];

/**
 * The network over a table's expanded columns. tanh bounds the effect of an extreme cell on the latent variables; with
 * elu, tables with heavy tails (cells of 60 standard deviations) diverge.
 */
export function detectorSpec(
  groups: readonly ExpandedGroup[],
  options: DetectorSpecOptions,
  missing = false,
): ModelSpecInput {
  const inputs = groups.reduce((sum, { columns }) => sum + columns, 0);
  const {
    hidden = groups.some(({ classes }) => classes) ? HIDDEN_OF_LEVELS : [48, 48],
    latent = defaultLatent(inputs),
    likelihood = "gaussian",
  } = options;
  return {
    inputs,
    encoder: { hidden, activation: "tanh" },
    decoder: { hidden: [...hidden].reverse(), activation: "tanh" },
    latent: [{ size: latent }],
    likelihood: groups.length === 1 && !groups[0].classes ? likelihoodFor(likelihood) : {
      type: "mixed",
      columns: groups.map(({ classes, columns }) =>
        classes
          ? { type: "categorical", classes, count: columns / classes }
          : { ...likelihoodFor(likelihood), count: columns }
      ),
    },
    ...(missing && { missing: "mask" }),
  };
}

/** The default options of a likelihood, with a floor on the variance of standardised columns. */
function likelihoodFor(type: PlainLikelihoodInput["type"]): PlainLikelihoodInput {
  if (type === "contaminatedGaussian") return { type, minVariance: MIN_VARIANCE };
  if (type === "gaussian") return { type, variance: "perFeature", minVariance: MIN_VARIANCE };
  if (type === "studentT" || type === "laplace") return { type, minScale: Math.sqrt(MIN_VARIANCE) };
  return { type };
}

/** Half of the columns, between 2 and 16. Unused dimensions switch themselves off. */
function defaultLatent(inputs: number): number {
  return Math.min(16, Math.max(2, Math.ceil(inputs / 2)));
}

/** Adam with a cosine schedule and gradient clipping, for enough epochs to make about `STEPS` steps. */
export function defaultTraining(rows: number, batchSize = 128): FitOptions {
  const perEpoch = Math.ceil(rows / batchSize);
  return {
    batchSize,
    epochs: Math.min(400, Math.max(5, Math.round(STEPS / perEpoch))),
    objective: { warmUpEpochs: 2 },
    optimizer: { type: "adam", learningRate: 0.005, decay: "cosine", clipNorm: 20 },
  };
}

/** Networks per view. */
export const MEMBERS = 2;

/**
 * The statistics of a score: those given, or the default.
 * @throws TypeError for `level` without categories, of which it would say nothing
 */
export function statisticsFor(
  schema: readonly ColumnSchema[],
  given?: readonly StatisticName[],
): readonly StatisticName[] {
  const all: readonly StatisticName[] = ["residual", "kl", "linear", "neighbours"];
  const hasCategories = schema.some(({ kind }) => kind === "categorical");
  if (!hasCategories && given?.includes("level")) {
    throw new TypeError("Cannot use statistics: level is for tables with a categorical column");
  }
  return given ?? (hasCategories ? [...all, "level"] : all);
}

/** Training steps of each network of an ensemble. */
const MEMBER_STEPS = 500;

/** A network of an ensemble: small, with a linear skip connection beside the hidden layers. */
export function memberSpec(
  inputs: number,
  latent: number,
  { hidden = [48, 48], latent: given = latent }: DetectorSpecOptions,
): ModelSpecInput {
  return {
    inputs,
    encoder: { hidden, activation: "tanh", skip: true },
    decoder: { hidden: [...hidden].reverse(), activation: "tanh", skip: true },
    latent: [{ size: given }],
    likelihood: likelihoodFor("gaussian"),
  };
}

/** Steps when training continues: few, because the network starts close to the optimum. */
const UPDATE_STEPS = 300;

/**
 * Training options for a network that continues: like `memberTraining`, with a lower rate and the full KL from the
 * start.
 */
export function updateTraining(rows: number): FitOptions {
  const batchSize = 96;
  return {
    batchSize,
    epochs: Math.max(1, Math.round(UPDATE_STEPS / Math.ceil(rows / batchSize))),
    optimizer: { type: "adam", learningRate: 0.002, decay: "cosine", clipNorm: 20 },
  };
}

/** Training options for a network of an ensemble, like `defaultTraining`. */
export function memberTraining(rows: number, batchSize: number = 96): FitOptions {
  const epochs = Math.max(1, Math.round(MEMBER_STEPS / Math.ceil(rows / batchSize)));
  return {
    batchSize,
    epochs,
    objective: { warmUpEpochs: Math.max(1, Math.round(0.2 * epochs)) },
    optimizer: { type: "adam", learningRate: 0.005, decay: "cosine", clipNorm: 20 },
  };
}
