/** A multilayer perceptron in a spec: `{ "hidden": [widths], "activation" }`. */
import { requireBoolean, requireChoice, requireObject, show } from "../core/validate.ts";
import { type Activation, ACTIVATIONS } from "../ops/names.ts";
import { requireWidth } from "./width.ts";

/** Widths of the hidden layers, and the function between them. */
export interface NetworkSpec {
  /** Widths of the hidden layers, in order. */
  readonly hidden: readonly number[];
  /** Applied after each hidden layer. */
  readonly activation: Activation;
  /** Whether what is built on the last hidden layer sees the network's input beside it; no. */
  readonly skip?: boolean;
}

const MAX_LAYERS = 64;

/**
 * No hidden layers by default, tanh between them.
 * @throws TypeError or RangeError naming what is below `field`
 */
export function parseNetwork(field: string, value: unknown = {}): NetworkSpec {
  const fields = requireObject(field, value, ["hidden", "activation", "skip"]);
  const hidden = fields.hidden ?? [];
  if (!Array.isArray(hidden) || hidden.length > MAX_LAYERS) {
    throw new TypeError(
      `Cannot read ${field}.hidden: expected a list of up to ${MAX_LAYERS} widths: current value is ${
        show(hidden)
      }`,
    );
  }
  const skip = requireBoolean(`${field}.skip`, fields.skip ?? false);
  return {
    hidden: hidden.map((each, i) => requireWidth(`${field}.hidden[${i}]`, each)),
    activation: requireChoice(`${field}.activation`, fields.activation ?? "tanh", ACTIVATIONS),
    // Left out where it is not: files of earlier releases have no such key.
    ...(skip && { skip }),
  };
}
