/**
 * What a model is, as JSON: likelihood x posterior x prior x latent layers over two networks.
 *
 * `parseSpec` turns what a user wrote into the complete, canonical spec that files carry, and
 * refuses what it does not know by name. Nothing here computes.
 */
import { requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import { parseLikelihood } from "../distributions/likelihood.ts";
import type { LikelihoodInput, LikelihoodSpec } from "../distributions/likelihoods/options.ts";
import { type Activation, ACTIVATIONS } from "../ops/names.ts";

/** A multilayer perceptron: widths of the hidden layers, and the function between them. */
export interface NetworkSpec {
  /** Widths of the hidden layers, in order. */
  readonly hidden: readonly number[];
  /** Applied after each hidden layer. */
  readonly activation: Activation;
}

/** One layer of latent variables. */
export interface LatentSpec {
  /** The family of q(z | x). */
  readonly type: "gaussian";
  /** Dimensions. */
  readonly size: number;
  /** The form of its covariance. */
  readonly posterior: "diagonal";
  /** Flows on top of it; none yet. */
  readonly flows: readonly [];
}

/** A complete model specification. */
export interface ModelSpec {
  /** Columns of a row of data. */
  readonly inputs: number;
  /** Columns of a condition; none yet. */
  readonly condition: 0;
  /** The network of q(z | x). */
  readonly encoder: NetworkSpec;
  /** The network of p(x | z). */
  readonly decoder: NetworkSpec;
  /** Layers of latent variables; one yet. */
  readonly latent: readonly [LatentSpec];
  /** p(z) = N(0, I). */
  readonly prior: { readonly type: "standard" };
  /** What stands on top of the decoder. */
  readonly likelihood: LikelihoodSpec;
}

/** A specification as a user writes it: what has a default may be left out. */
export interface ModelSpecInput {
  /** Columns of a row of data. */
  readonly inputs: number;
  /** Columns of a condition; 0. */
  readonly condition?: number;
  /** The network of q(z | x); no hidden layers by default, tanh between them. */
  readonly encoder?: Partial<NetworkSpec>;
  /** The network of p(x | z); likewise. */
  readonly decoder?: Partial<NetworkSpec>;
  /** One layer of latent variables: its size at least. */
  readonly latent: readonly {
    readonly type?: "gaussian";
    readonly size: number;
    readonly posterior?: "diagonal";
    readonly flows?: readonly never[];
  }[];
  /** N(0, I). */
  readonly prior?: { readonly type: "standard" };
  /** Gaussian with a learned variance per column by default. */
  readonly likelihood?: LikelihoodInput;
}

/** Widths above this are refused: no table or image that fits a browser needs them. */
export const MAX_WIDTH = 65_536;

const MAX_LAYERS = 64;

const SPEC_KEYS = ["inputs", "condition", "encoder", "decoder", "latent", "prior", "likelihood"];

/**
 * The canonical spec of what a user or a file wrote.
 * @throws TypeError or RangeError naming the field, for anything unknown or out of range
 */
export function parseSpec(value: unknown): ModelSpec {
  const fields = requireObject("spec", value, SPEC_KEYS);
  requireNumber("spec.condition", fields.condition ?? 0, { min: 0, max: 0, integer: true });
  const prior = requireObject("spec.prior", fields.prior ?? { type: "standard" }, ["type"]);
  const inputs = width("spec.inputs", fields.inputs);
  const { likelihood = { type: "gaussian" } } = fields;
  return {
    inputs,
    condition: 0,
    encoder: parseNetwork("spec.encoder", fields.encoder),
    decoder: parseNetwork("spec.decoder", fields.decoder),
    latent: [parseLatent(fields.latent)],
    prior: { type: requireChoice("spec.prior.type", prior.type, ["standard"]) },
    likelihood: parseLikelihood("spec.likelihood", likelihood, inputs),
  };
}

function width(field: string, value: unknown): number {
  return requireNumber(field, value, { min: 1, max: MAX_WIDTH, integer: true });
}

function parseNetwork(field: string, value: unknown = {}): NetworkSpec {
  const fields = requireObject(field, value, ["hidden", "activation"]);
  const hidden = fields.hidden ?? [];
  if (!Array.isArray(hidden) || hidden.length > MAX_LAYERS) {
    throw new TypeError(
      `Cannot read ${field}.hidden: expected a list of up to ${MAX_LAYERS} widths`,
    );
  }
  return {
    hidden: hidden.map((each, i) => width(`${field}.hidden[${i}]`, each)),
    activation: requireChoice(`${field}.activation`, fields.activation ?? "tanh", ACTIVATIONS),
  };
}

function parseLatent(value: unknown): LatentSpec {
  if (!Array.isArray(value) || value.length !== 1) {
    throw new TypeError("Cannot read spec.latent: expected a list of one latent layer");
  }
  const fields = requireObject("spec.latent[0]", value[0], ["type", "size", "posterior", "flows"]);
  const flows = fields.flows ?? [];
  if (!Array.isArray(flows) || flows.length > 0) {
    throw new TypeError("Cannot read spec.latent[0].flows: expected an empty list");
  }
  return {
    type: requireChoice("spec.latent[0].type", fields.type ?? "gaussian", ["gaussian"]),
    size: width("spec.latent[0].size", fields.size),
    posterior: requireChoice("spec.latent[0].posterior", fields.posterior ?? "diagonal", [
      "diagonal",
    ]),
    flows: [],
  };
}
