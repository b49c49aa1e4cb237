/** What `fit` takes, with defaults; parsed once, strictly. */
import { requireBoolean, requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import { type Objective, type ObjectiveInput, parseObjective } from "../objectives/objective.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { RowLabels } from "../trained/labels.ts";
import type { Rows } from "../trained/matrix.ts";
import type { CheckpointStore } from "./run/checkpoint.ts";
import type { LabelOptions } from "./labelled_rows.ts";
import type { EpochReport } from "./report.ts";

/**
 * How the learning rate changes: not at all, to zero along half a cosine over the run, or times
 * `factor` after each of the given epochs.
 */
export type Decay = "constant" | "cosine" | {
  readonly epochs: readonly number[];
  readonly factor: number;
};

/** How a gradient becomes a step. `clipNorm` bounds the global norm of the gradient. */
export type Optimizer =
  & {
    readonly learningRate: number;
    readonly decay: Decay;
    readonly clipNorm: number;
  }
  & (
    | { readonly type: "sgd"; readonly momentum: number }
    | {
      /** "adamw" decays weights apart from the gradient (Loshchilov and Hutter, 2019). */
      readonly type: "adam" | "adamw";
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    }
  );

/** An optimizer as a user writes it. */
export interface OptimizerInput {
  /** Stochastic gradient descent, Adam, or Adam with decoupled weight decay. */
  readonly type: "sgd" | "adam" | "adamw";
  /** 0.001; 0.01 for sgd. */
  readonly learningRate?: number;
  /** "constant", "cosine" to let the rate fall to zero, or a factor after each of some epochs. */
  readonly decay?: Decay;
  /** Bound on the global norm of the gradient; none. */
  readonly clipNorm?: number;
  /** sgd: 0. */
  readonly momentum?: number;
  /** adam, adamw: 0.9. */
  readonly beta1?: number;
  /** adam, adamw: 0.999. */
  readonly beta2?: number;
  /** adam, adamw: 1e-8. */
  readonly epsilon?: number;
  /** adamw: 0.01. */
  readonly weightDecay?: number;
}

/** How to train; everything has a default. */
export interface FitOptions extends LabelOptions {
  /** Passes over the data; 50. */
  readonly epochs?: number;
  /** Rows per step; 128. */
  readonly batchSize?: number;
  /** What to minimise; the ELBO. */
  readonly objective?: ObjectiveInput;
  /** Adam. */
  readonly optimizer?: OptimizerInput;
  /** The fraction of rows to keep back, or rows of their own; none by default. */
  readonly validation?: number | Rows;
  /** The condition of validation rows of their own. */
  readonly validationCondition?: Rows;
  /** The labels of validation rows of their own. */
  readonly validationLabels?: RowLabels;
  /**
   * The share of each batch whose label is known, where some labels are missing: an epoch takes every
   * row without a label once, and the others as often as that needs; 0.1, or more if more have one.
   */
  readonly labelledShare?: number;
  /** Stops once validation has not improved for `patience` epochs, and restores the best epoch. */
  readonly earlyStopping?: { readonly patience: number };
  /**
   * Takes the rows' values, 0 to 1, as the probabilities of ones, and draws zeros and ones anew at
   * every step ("dynamic binarisation"); validation rows are taken as they are.
   */
  readonly binarize?: boolean;
  /** Fixes shuffling and noise; by default the seed the model was created with, 0 if it was loaded. */
  readonly seed?: number;
  /** Called after each epoch. */
  readonly onProgress?: (report: EpochReport) => void;
  /** Cancels: `fit` rejects with the signal's reason, after a last checkpoint. */
  readonly signal?: AbortSignal;
  /** Where to keep the state of the run; a run that finds its own state there goes on from it. */
  readonly checkpoint?: CheckpointStore;
}

/** Options that decide the result: a run resumes only under the same. */
export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly patience: number;
  readonly binarize: boolean;
  /** Absent where the model has no labels. */
  readonly labelledShare?: number;
  readonly seed: number;
}

/** The largest decay rate of a moment: at 1 it would never take anything in. */
const MAX_MOMENTUM = 0.999999;

const FIT_KEYS = [
  "epochs",
  "batchSize",
  "objective",
  "optimizer",
  "condition",
  "labels",
  "labelledShare",
  "validation",
  "validationCondition",
  "validationLabels",
  "earlyStopping",
  "binarize",
  "seed",
  "onProgress",
  "signal",
  "checkpoint",
];

/** @throws TypeError or RangeError naming the field */
export function parseRecipe(
  options: FitOptions,
  defaultSeed: number,
  { classifier }: Pick<ModelSpec, "classifier"> = {},
): Recipe {
  const fields = requireObject("fit options", options, FIT_KEYS);
  const { epochs = 50, batchSize = 128, earlyStopping, seed = defaultSeed } = fields;
  const { patience = Infinity } = earlyStopping === undefined
    ? {}
    : requireObject("earlyStopping", earlyStopping, ["patience"]);
  if (patience !== Infinity) {
    requireNumber("earlyStopping.patience", patience, { min: 1, integer: true });
    if (!options.validation) {
      throw new TypeError("Cannot stop early: earlyStopping needs validation rows");
    }
  }
  if (!classifier && fields.labelledShare !== undefined) {
    throw new TypeError("Cannot read labelledShare: the model has no classifier");
  }
  for (const name of ["validationCondition", "validationLabels"]) {
    if (fields[name] === undefined || typeof options.validation === "object") continue;
    throw new TypeError(`Cannot read ${name}: there are no validation rows of their own`);
  }
  return {
    epochs: requireNumber("epochs", epochs, { min: 1, max: 1e7, integer: true }),
    batchSize: requireNumber("batchSize", batchSize, { min: 1, max: 1e6, integer: true }),
    objective: parseObjective(options.objective, classifier !== undefined),
    optimizer: parseOptimizer(options.optimizer),
    patience: patience as number,
    binarize: requireBoolean("binarize", fields.binarize ?? false),
    ...(classifier && { labelledShare: parseShare(fields.labelledShare ?? LABELLED_SHARE) }),
    seed: requireNumber("seed", seed, { integer: true }),
  };
}

/** Enough that every batch of the default size holds a dozen. */
const LABELLED_SHARE = 0.1;

function parseShare(value: unknown): number {
  return requireNumber("labelledShare", value, { above: 0, max: 0.99 });
}

/** @throws TypeError or RangeError naming the field */
export function parseOptimizer(value: OptimizerInput = { type: "adam" }): Optimizer {
  const adaptive = value?.type === "adam" || value?.type === "adamw";
  const shared = ["type", "learningRate", "decay", "clipNorm"];
  const own = adaptive ? ["beta1", "beta2", "epsilon", "weightDecay"] : ["momentum"];
  const fields = requireObject("optimizer", value, [...shared, ...own]);
  const type = requireChoice("optimizer.type", fields.type, ["adam", "adamw", "sgd"]);
  const number = (key: string, otherwise: number, limits: Parameters<typeof requireNumber>[2]) =>
    requireNumber(`optimizer.${key}`, fields[key] ?? otherwise, limits);
  const common = {
    learningRate: number("learningRate", type === "sgd" ? 0.01 : 0.001, { min: 1e-12, max: 1e6 }),
    decay: parseDecay(fields.decay),
    clipNorm: number("clipNorm", 1e30, { min: 1e-12, max: 1e30 }),
  };
  if (type === "sgd") {
    return { type, ...common, momentum: number("momentum", 0, { min: 0, max: MAX_MOMENTUM }) };
  }
  if (type === "adam" && fields.weightDecay !== undefined) {
    throw new TypeError('Cannot read optimizer.weightDecay: it belongs to type "adamw"');
  }
  return {
    type,
    ...common,
    beta1: number("beta1", 0.9, { min: 0, max: MAX_MOMENTUM }),
    beta2: number("beta2", 0.999, { min: 0, max: MAX_MOMENTUM }),
    epsilon: number("epsilon", 1e-8, { min: 1e-30, max: 1 }),
    weightDecay: number("weightDecay", type === "adamw" ? 0.01 : 0, { min: 0, max: 1e6 }),
  };
}

const MAX_EPOCHS = 1e7;

function parseDecay(value: unknown = "constant"): Decay {
  if (typeof value !== "object") {
    return requireChoice<"constant" | "cosine">("optimizer.decay", value, ["constant", "cosine"]);
  }
  const { epochs, factor } = requireObject("optimizer.decay", value, ["epochs", "factor"]);
  if (!Array.isArray(epochs)) {
    throw new TypeError("Cannot read optimizer.decay.epochs: expected a list of epochs");
  }
  return {
    epochs: epochs.map((epoch, i) =>
      requireNumber(`optimizer.decay.epochs[${i}]`, epoch, {
        min: 1,
        max: MAX_EPOCHS,
        integer: true,
      })
    ),
    factor: requireNumber("optimizer.decay.factor", factor, { above: 0, max: 1 }),
  };
}
