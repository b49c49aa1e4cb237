/** The options of an optimiser, with defaults, parsed strictly. */
import { requireChoice, requireNumber, requireObject } from "../core/validate.ts";

/**
 * How the learning rate changes: constant, falling to zero along half a cosine over the run, or multiplied by `factor`
 * after each of the given epochs.
 */
export type Decay = "constant" | "cosine" | {
  readonly epochs: readonly number[];
  readonly factor: number;
};

/** Complete options of an optimiser. `clipNorm` bounds the global norm of the gradient. */
export type Optimizer =
  & {
    readonly learningRate: number;
    readonly decay: Decay;
    readonly clipNorm: number;
  }
  & (
    | { readonly type: "sgd"; readonly momentum: number }
    | {
      /** "adamw" decays weights separately from the gradient (Loshchilov and Hutter, 2019). */
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
  /** Default: 0.001; 0.01 for sgd. */
  readonly learningRate?: number;
  /** "constant", "cosine" to let the rate fall to zero, or a factor after each of some epochs. Default: "constant". */
  readonly decay?: Decay;
  /** Bound on the global norm of the gradient. Default: none. */
  readonly clipNorm?: number;
  /** sgd. Default: 0. */
  readonly momentum?: number;
  /** adam, adamw. Default: 0.9. */
  readonly beta1?: number;
  /** adam, adamw. Default: 0.999. */
  readonly beta2?: number;
  /** adam, adamw. Default: 1e-8. */
  readonly epsilon?: number;
  /** adamw. Default: 0.01. */
  readonly weightDecay?: number;
}

/** The maximum decay rate of a moment; at 1 the moment would never change. */
const MAX_MOMENTUM = 0.999999;

/** @throws TypeError or RangeError naming the field */
export function parseOptimizer(value: OptimizerInput = { type: "adam" }): Optimizer {
  const adaptive = value?.type === "adam" || value?.type === "adamw";
  const shared = ["type", "learningRate", "decay", "clipNorm"];
  const typeKeys = adaptive ? ["beta1", "beta2", "epsilon", "weightDecay"] : ["momentum"];
  const fields = requireObject("optimizer", value, [...shared, ...typeKeys]);
  const type = requireChoice("optimizer.type", fields.type, ["adam", "adamw", "sgd"]);
  const number = (key: string, defaultValue: number, limits: Parameters<typeof requireNumber>[2]) =>
    requireNumber(`optimizer.${key}`, fields[key] ?? defaultValue, limits);
  const common = {
    learningRate: number("learningRate", type === "sgd" ? 0.01 : 0.001, { min: 1e-12, max: 1e6 }),
    decay: parseDecay(fields.decay),
    clipNorm: number("clipNorm", 1e30, { min: 1e-12, max: 1e30 }),
  };
  if (type === "sgd") {
    return { type, ...common, momentum: number("momentum", 0, { min: 0, max: MAX_MOMENTUM }) };
  }
  if (type === "adam" && fields.weightDecay !== undefined) {
    throw new TypeError('Cannot read optimizer.weightDecay: only type "adamw" has it');
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
