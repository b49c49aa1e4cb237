/** What the `fit` of a Boltzmann machine takes, with defaults, and what it tells; parsed once, strictly. */
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import { requireCompany } from "../options.ts";
import { type Optimizer, type OptimizerInput, parseOptimizer } from "../optimizer.ts";

/**
 * Where the samples of the model come from: `sweeps` Gibbs sweeps that begin at the data ("cd"), or
 * where those of the step before ended ("pcd").
 */
export interface Divergence {
  /** "pcd", the default, or "cd". */
  readonly type: "cd" | "pcd";
  /** Gibbs sweeps a step, k; 1. */
  readonly sweeps: number;
}

/** How to train a machine; everything has a default. */
export interface RbmFitOptions {
  /** Passes over the data; 50. */
  readonly epochs?: number;
  /** Rows per step, and persistent chains; 128. */
  readonly batchSize?: number;
  /** Persistent contrastive divergence with one sweep. */
  readonly objective?: Partial<Divergence>;
  /** Adam. */
  readonly optimizer?: OptimizerInput;
  /** Fixes shuffling and draws; by default the seed the machine was created with, 0 if it was loaded. */
  readonly seed?: number;
  /** Called after each epoch. */
  readonly onProgress?: (report: RbmEpoch) => void;
  /** Cancels: `fit` rejects with the signal's reason, and the machine keeps its last parameters. */
  readonly signal?: AbortSignal;
}

/** Means over the rows of one epoch, taken while the parameters moved; nats per row. */
export interface RbmEpoch {
  /** Counts from 1. */
  readonly epoch: number;
  /** F(data) - F(samples): no bound of anything; it settles near zero. */
  readonly gap: number;
  /** -ln p(v = x | h) at h = p(h = 1 | x). */
  readonly reconstruction: number;
  /** Steps skipped so far because a gradient was not finite. */
  readonly skippedSteps: number;
}

/** How a fit went. */
export interface RbmReport {
  /** Every epoch. */
  readonly history: readonly RbmEpoch[];
}

/** Options that decide the result. */
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

/** More sweeps than that in one step: a longer run instead. */
const MAX_SWEEPS = 1000;

/** @throws TypeError or RangeError naming the field */
export function parseRbmRecipe(options: RbmFitOptions, defaultSeed: number): RbmRecipe {
  const fields = requireObject("fit options", options, FIT_KEYS);
  requireCompany(options);
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
