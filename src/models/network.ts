/** A multilayer perceptron in a spec: `{ "hidden": [widths], "activation" }`. */
import { requireBoolean, requireChoice, requireObject, show } from "../core/validate.ts";
import { type Activation, ACTIVATIONS } from "../ops/names.ts";
import { requireWidth } from "./width.ts";

/** Hidden widths, and the activation after each. */
export interface NetworkSpec {
  /** Widths of the hidden layers, in order. */
  readonly hidden: readonly number[];
  /** Applied after each hidden layer. */
  readonly activation: Activation;
  /** Whether the layers built on the last hidden layer also see the network's input; default no. */
  readonly skip?: boolean;
}

const MAX_LAYERS = 64;

/**
 * Parses a network; by default no hidden layers, and tanh.
 * @throws TypeError or RangeError naming the invalid field under `field`
 */
export function parseNetwork(field: string, value: unknown = {}): NetworkSpec {
  const fields = requireObject(field, value, ["hidden", "activation", "skip"]);
  const hidden = fields.hidden ?? [];
  if (!Array.isArray(hidden) || hidden.length > MAX_LAYERS) {
    throw new TypeError(
      `Cannot read ${field}.hidden: expected a list of up to ${MAX_LAYERS} widths, got ${
        show(hidden)
      }`,
    );
  }
  const skip = requireBoolean(`${field}.skip`, fields.skip ?? false);
  return {
    hidden: hidden.map((each, i) => requireWidth(`${field}.hidden[${i}]`, each)),
    activation: requireChoice(`${field}.activation`, fields.activation ?? "tanh", ACTIVATIONS),
    // Omitted when false: files of earlier releases have no such key.
    ...(skip && { skip }),
  };
}
