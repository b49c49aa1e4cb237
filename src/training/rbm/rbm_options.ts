/** Options of a Boltzmann machine's `fit`, with defaults, parsed once, strictly; and its reports. */
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import { requireRunHooks } from "../options.ts";
import { type Optimizer, type OptimizerInput, parseOptimizer } from "../optimizer.ts";

/**
 * The source of the model's samples: `sweeps` Gibbs sweeps starting from the data ("cd"), or from where the previous
 * step's sweeps ended ("pcd").
 */
export interface Divergence {
  /** "pcd", the default, or "cd". */
  readonly type: "cd" | "pcd";
  /** k, the number of Gibbs sweeps per step. Default: 1. */
  readonly sweeps: number;
}

/** Options for training a machine; all have defaults. */
export interface RbmFitOptions {
  /** Passes over the data. Default: 50. */
  readonly epochs?: number;
  /** Rows per step, and number of persistent chains. Default: 128. */
  readonly batchSize?: number;
  /** Default: persistent contrastive divergence with one sweep. */
  readonly objective?: Partial<Divergence>;
  /** Default: Adam. */
  readonly optimizer?: OptimizerInput;
  /** Fixes shuffling and draws. Default: the seed that the machine was created with, or 0 if it was loaded. */
  readonly seed?: number;
  /** Called after each epoch. */
  readonly onProgress?: (report: RbmEpoch) => void;
  /** Cancels: `fit` rejects with the signal's reason, and the machine keeps its last parameters. */
  readonly signal?: AbortSignal;
}

/** Means over the rows of one epoch, while the parameters changed; nats per row. */
export interface RbmEpoch {
  /** Counts from 1. */
  readonly epoch: number;
  /** F(data) - F(samples): not a bound; it settles near zero. */
  readonly gap: number;
  /** -ln p(v = x | h) at h = p(h = 1 | x). */
  readonly reconstruction: number;
  /** Steps skipped so far because a gradient was not finite. */
  readonly skippedSteps: number;
}

/** Report on a fit. */
export interface RbmReport {
  /** Every epoch. */
  readonly history: readonly RbmEpoch[];
}

/** Options that determine the result. */
export interface RbmRecipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly objective: Divergence;
  readonly optimizer: Optimizer;
  readonly seed: number;
}

const FIT_KEYS = [
  "epochs",
  "batchSize",
  "objective",
  "optimizer",
  "seed",
  "onProgress",
  "signal",
];

/** Maximum number of sweeps per step; if more seem necessary, train longer instead. */
const MAX_SWEEPS = 1000;

/** @throws TypeError or RangeError naming the field */
export function parseRbmRecipe(options: RbmFitOptions, defaultSeed: number): RbmRecipe {
  const fields = requireObject("fit options", options, FIT_KEYS);
  requireRunHooks(options);
  const { epochs = 50, batchSize = 128, seed = defaultSeed, objective = {} } = fields;
  const { type = "pcd", sweeps = 1 } = requireObject("objective", objective, ["type", "sweeps"]);
  return {
    epochs: requireNumber("epochs", epochs, { min: 1, max: 1e7, integer: true }),
    batchSize: requireNumber("batchSize", batchSize, { min: 1, max: 1e6, integer: true }),
    objective: {
      type: requireChoice("objective.type", type, ["cd", "pcd"]),
      sweeps: requireNumber("objective.sweeps", sweeps, { min: 1, max: MAX_SWEEPS, integer: true }),
    },
    optimizer: parseOptimizer(options.optimizer),
    seed: requireNumber("seed", seed, { integer: true }),
  };
}
