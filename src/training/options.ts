/** Options of `fit`, with defaults; parsed once, strictly. */
import { requireBoolean, requireNumber, requireObject, show } from "../core/validate.ts";
import { type Objective, type ObjectiveInput, parseObjective } from "../objectives/objective.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { RowLabels } from "../trained/rows/labels.ts";
import type { Rows } from "../trained/rows/matrix.ts";
import type { CheckpointStore } from "./run/checkpoint.ts";
import type { LabelOptions } from "./rows/labelled_rows.ts";
import { type Optimizer, type OptimizerInput, parseOptimizer } from "./optimizer.ts";
import type { EpochReport } from "./report.ts";

/** Options of `fit`; all have defaults. */
export interface FitOptions extends LabelOptions {
  /** Passes over the data (default: 50). */
  readonly epochs?: number;
  /** Rows per step (default: 128). */
  readonly batchSize?: number;
  /** What to optimise (default: the ELBO). */
  readonly objective?: ObjectiveInput;
  /** How to take steps (default: Adam). */
  readonly optimizer?: OptimizerInput;
  /** The fraction of rows to hold out, or separate rows (default: none). */
  readonly validation?: number | Rows;
  /** The condition of separate validation rows. */
  readonly validationCondition?: Rows;
  /** The labels of separate validation rows. */
  readonly validationLabels?: RowLabels;
  /**
   * If some labels are missing, the share of labelled rows in each batch: an epoch uses every row without a
   * label once, and the others as often as that needs (default: 0.1, or more if more rows have a label).
   */
  readonly labelledShare?: number;
  /** Stops once validation has not improved for `patience` epochs, and restores the best epoch. */
  readonly earlyStopping?: { readonly patience: number };
  /**
   * Treats the rows' values, 0 to 1, as the probabilities of ones, and draws zeros and ones anew at
   * every step ("dynamic binarisation"). Validation rows are used as they are.
   */
  readonly binarize?: boolean;
  /** The seed of shuffling and noise (default: the seed that the model was created with, or 0 if it was loaded). */
  readonly seed?: number;
  /** Called after each epoch. */
  readonly onProgress?: (report: EpochReport) => void;
  /** Cancels: `fit` rejects with the signal's reason, after a last checkpoint. */
  readonly signal?: AbortSignal;
  /** Where to keep the state of the run; a run that finds its own state there resumes from it. */
  readonly checkpoint?: CheckpointStore;
}

/** Options that determine the result: a run can only be resumed with the same ones. */
export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly patience: number;
  readonly binarize: boolean;
  /** Absent if the model has no labels. */
  readonly labelledShare?: number;
  readonly seed: number;
}

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
  requireRunHooks(options);
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
    throw new TypeError(`Cannot read ${name}: validation must be rows, not a share`);
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

/**
 * Checks the options that are used only long after a run has begun.
 * @throws TypeError naming the option
 */
export function requireRunHooks(
  { onProgress, signal, checkpoint }: {
    readonly onProgress?: unknown;
    readonly signal?: unknown;
    readonly checkpoint?: unknown;
  },
): void {
  requireMethods("onProgress", "a function", onProgress, []);
  requireMethods("signal", "an AbortSignal", signal, ["throwIfAborted", "addEventListener"]);
  requireMethods("checkpoint", "a store with read and write", checkpoint, ["read", "write"]);
}

/** Requires these methods of a value, or a function if there are none; undefined is accepted. */
function requireMethods(
  field: string,
  expected: string,
  value: unknown,
  methods: readonly string[],
): void {
  if (value === undefined) return;
  const isFunction = (each: unknown) => typeof each === "function";
  const object = value as Readonly<Record<string, unknown>> | null;
  const isValid = methods.length === 0
    ? isFunction(value)
    : methods.every((name) => isFunction(object?.[name]));
  if (isValid) return;
  throw new TypeError(
    `Cannot read ${field}: expected ${expected}, got ${show(value)}`,
  );
}

/** Enough for a dozen labelled rows in every batch of the default size. */
const LABELLED_SHARE = 0.1;

function parseShare(value: unknown): number {
  return requireNumber("labelledShare", value, { above: 0, max: 0.99 });
}
