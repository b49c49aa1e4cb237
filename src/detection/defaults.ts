/** What the detector does when the user says nothing: the network and its training. */
import type { PlainLikelihoodInput } from "../distributions/likelihoods/options.ts";
import type { ExpandedGroup } from "../scoring/table/expansion.ts";
import type { ModelSpecInput } from "../models/spec.ts";
import type { StatisticName } from "../scoring/ensemble/statistics.ts";
import type { FitOptions } from "../training/options.ts";

/** The shape of the network. */
export interface DetectorSpecOptions {
  /** Widths of the encoder's hidden layers; the decoder mirrors them. */
  readonly hidden?: readonly number[];
  /** Latent dimensions. */
  readonly latent?: number;
  /**
   * What kind of values the columns have: "gaussian" (with a learned variance each), "studentT", "laplace" or, where
   * single cells are wrong, "contaminatedGaussian" for any numbers, which are then standardised; others take the values as
   * they are.
   */
  readonly likelihood?: PlainLikelihoodInput["type"];
}

/**
 * The smallest variance a standardised column may be explained with: σ = 0.02. Without a floor a
 * constant or duplicate column's variance falls to nothing and its noise drowns all others.
 */
export const MIN_VARIANCE = 4e-4;

/** Steps that the default training takes, whatever the number of rows. */
const STEPS = 2000;

/**
 * The network over the columns that a table has for it: tanh bounds what a cell far out can do to the latent variables. With elu, tables with
 * heavy tails (cells of 60 standard deviations) diverge.
 */
export function detectorSpec(
  groups: readonly ExpandedGroup[],
  options: DetectorSpecOptions,
  missing = false,
): ModelSpecInput {
  const inputs = groups.reduce((sum, { columns }) => sum + columns, 0);
  const { hidden = [48, 48], latent = defaultLatent(inputs), likelihood = "gaussian" } = options;
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

/** The likelihood's defaults, but for the floor under what standardised columns may vary. */
function likelihoodFor(type: PlainLikelihoodInput["type"]): PlainLikelihoodInput {
  if (type === "contaminatedGaussian") return { type, minVariance: MIN_VARIANCE };
  if (type === "gaussian") return { type, variance: "perFeature", minVariance: MIN_VARIANCE };
  if (type === "studentT" || type === "laplace") return { type, minScale: Math.sqrt(MIN_VARIANCE) };
  return { type };
}

/** Half of the columns, from 2 to 16: unused dimensions switch themselves off. */
function defaultLatent(inputs: number): number {
  return Math.min(16, Math.max(2, Math.ceil(inputs / 2)));
}

/** Adam with a cosine rate, clipped, and enough epochs to come to about `STEPS` steps. */
export function defaultTraining(rows: number, batchSize = 128): FitOptions {
  const perEpoch = Math.ceil(rows / batchSize);
  return {
    batchSize,
    epochs: Math.min(400, Math.max(5, Math.round(STEPS / perEpoch))),
    objective: { warmUpEpochs: 2 },
    optimizer: { type: "adam", learningRate: 0.005, decay: "cosine", clipNorm: 20 },
  };
}

/** Networks of each view. */
export const MEMBERS = 2;

/** Statistics that make the default score. */
export const STATISTICS: readonly StatisticName[] = ["residual", "kl", "linear", "neighbours"];

/** Steps that each network of an ensemble takes. */
const MEMBER_STEPS = 500;

/** A network of an ensemble: small, and with its linear part beside the hidden layers. */
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

/** Steps with which a network goes on: from where it is the way is short. */
const UPDATE_STEPS = 300;

/** As `memberTraining`, for a trained network that goes on: at a lower rate, its KL in full from the start. */
export function updateTraining(rows: number): FitOptions {
  const batchSize = 96;
  return {
    batchSize,
    epochs: Math.max(1, Math.round(UPDATE_STEPS / Math.ceil(rows / batchSize))),
    optimizer: { type: "adam", learningRate: 0.002, decay: "cosine", clipNorm: 20 },
  };
}

/** As `defaultTraining`, for a network of an ensemble. */
export function memberTraining(rows: number, batchSize: number = 96): FitOptions {
  const epochs = Math.max(1, Math.round(MEMBER_STEPS / Math.ceil(rows / batchSize)));
  return {
    batchSize,
    epochs,
    objective: { warmUpEpochs: Math.max(1, Math.round(0.2 * epochs)) },
    optimizer: { type: "adam", learningRate: 0.005, decay: "cosine", clipNorm: 20 },
  };
}
