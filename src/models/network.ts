/** A multilayer perceptron in a spec: `{ "hidden": [widths], "activation" }`. */
import { requireChoice, requireObject } from "../core/validate.ts";
import { type Activation, ACTIVATIONS } from "../ops/names.ts";
import { requireWidth } from "./width.ts";

/** Widths of the hidden layers, and the function between them. */
export interface NetworkSpec {
  /** Widths of the hidden layers, in order. */
  readonly hidden: readonly number[];
  /** Applied after each hidden layer. */
  readonly activation: Activation;
}

const MAX_LAYERS = 64;

/**
 * No hidden layers by default, tanh between them.
 * @throws TypeError or RangeError naming what is below `field`
 */
export function parseNetwork(field: string, value: unknown = {}): NetworkSpec {
  const fields = requireObject(field, value, ["hidden", "activation"]);
  const hidden = fields.hidden ?? [];
  if (!Array.isArray(hidden) || hidden.length > MAX_LAYERS) {
    throw new TypeError(
      `Cannot read ${field}.hidden: expected a list of up to ${MAX_LAYERS} widths`,
    );
  }
  return {
    hidden: hidden.map((each, i) => requireWidth(`${field}.hidden[${i}]`, each)),
    activation: requireChoice(`${field}.activation`, fields.activation ?? "tanh", ACTIVATIONS),
  };
}
