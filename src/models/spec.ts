/**
 * A model as JSON: likelihood × posterior × prior × latent layers, over two networks.
 *
 * `parseSpec` turns a user's input into the complete, canonical spec stored in files, and refuses unknown keys by name.
 * This file computes nothing.
 */
import { requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import { parseLikelihood } from "../distributions/likelihood.ts";
import type { LikelihoodInput, LikelihoodSpec } from "../distributions/likelihoods/options.ts";
import {
  hasPrior,
  type LatentInput,
  type LatentLayer,
  latentWidth,
  parseLatents,
} from "./latents.ts";
import { type NetworkSpec, parseNetwork } from "./network.ts";
import { parsePrior, type PriorInput, type PriorSpec } from "./priors.ts";
import { parseColumns } from "./columns.ts";
import { MAX_WIDTH, requireWidth } from "./width.ts";

/** A complete model specification. */
export interface ModelSpec {
  /** Columns of a row of data. */
  readonly inputs: number;
  /** Column names in files, then those of the condition or the class; absent if there are none. */
  readonly columns?: readonly string[];
  /** Columns of the condition that both networks take as additional input; 0 for none. */
  readonly condition: number;
  /** The network of q(y | x), if the condition is a class y that rows may lack: `labels.ts`. */
  readonly classifier?: NetworkSpec;
  /** The network of q(z | x). */
  readonly encoder: NetworkSpec;
  /** The network of p(x | z). */
  readonly decoder: NetworkSpec;
  /** Layers of latent variables, from the data up. */
  readonly latent: readonly LatentLayer[];
  /** The direction in which q draws several layers: see `stochastic_layers.ts`. */
  readonly inference: InferenceDirection;
  /** p(z) of the topmost layer. */
  readonly prior: PriorSpec;
  /** The likelihood p(x | z), built on top of the decoder. */
  readonly likelihood: LikelihoodSpec;
  /** How rows with missing cells are handled; absent if they are refused. */
  readonly missing?: Exclude<Missing, "refuse">;
}

/**
 * How rows with missing cells are handled. "refuse" rejects them. Otherwise the likelihood covers only the observed
 * cells, ln p(x_observed), and the encoder sees 0 in place of the others. With "mask" the encoder also sees which cells
 * were observed, which tells a missing cell from a 0.
 */
export type Missing = "refuse" | "zero" | "mask";

/** A specification as a user writes it; fields with a default may be omitted. */
export interface ModelSpecInput {
  /** Columns of a row of data. */
  readonly inputs: number;
  /** Column names in files, then those of the condition or the class; default matches columns by position. */
  readonly columns?: readonly string[];
  /** Columns of a condition; default none. */
  readonly condition?: number;
  /** The network of q(y | x), which makes the condition a class that rows may lack; default none. */
  readonly classifier?: Partial<NetworkSpec>;
  /** The network of q(z | x); default no hidden layers, tanh between them. */
  readonly encoder?: Partial<NetworkSpec>;
  /** The network of p(x | z); default no hidden layers, tanh between them. */
  readonly decoder?: Partial<NetworkSpec>;
  /** Layers of latent variables, from the data up; each needs at least its size. */
  readonly latent: readonly LatentInput[];
  /** "bottomUp" (default): each layer given the draw below. "ladder": each given the draw above and x. */
  readonly inference?: InferenceDirection;
  /** p(z) of the topmost layer; default the standard prior. */
  readonly prior?: PriorInput;
  /** p(x | z); default Gaussian with a learned variance per column. */
  readonly likelihood?: LikelihoodInput;
  /** How rows with missing cells (NaN) are handled: default "refuse"; see `Missing`. */
  readonly missing?: Missing;
}

const SPEC_KEYS = [
  "inputs",
  "columns",
  "condition",
  "classifier",
  "encoder",
  "decoder",
  "latent",
  "inference",
  "prior",
  "likelihood",
  "missing",
];

const MISSING: readonly Missing[] = ["refuse", "zero", "mask"];

/** Columns of a row as programs read it: `[x | condition | observed]`. */
export function rowWidth({ inputs, condition, missing }: ModelSpec): number {
  return inputs + condition + (missing ? inputs : 0);
}

/** Columns of the z that the decoder takes and `encode` returns. */
export function latentSize({ latent: [layer] }: ModelSpec): number {
  return latentWidth(layer);
}

const INFERENCES: readonly InferenceDirection[] = ["bottomUp", "ladder"];

/** The direction in which q draws several layers. */
export type InferenceDirection = "bottomUp" | "ladder";

/**
 * Parses the canonical spec from a user's input or a file.
 * @throws TypeError or RangeError naming the field, for anything unknown or out of range
 */
export function parseSpec(value: unknown): ModelSpec {
  const fields = requireObject("spec", value, SPEC_KEYS);
  const condition = requireNumber("spec.condition", fields.condition ?? 0, {
    min: 0,
    max: MAX_WIDTH,
    integer: true,
  });
  const inputs = requireWidth("spec.inputs", fields.inputs);
  const inference = requireChoice("spec.inference", fields.inference ?? "bottomUp", INFERENCES);
  const { likelihood = { type: "gaussian" } } = fields;
  const latent = parseLatents("spec.latent", fields.latent, inference === "ladder");
  const prior = parsePrior("spec.prior", fields.prior);
  if (prior.type !== "standard" && !hasPrior(latent[0])) {
    throw new TypeError(
      `Cannot read spec.prior: a ${
        latent[0].type
      } latent layer takes no prior, got "${prior.type}"`,
    );
  }
  const width = inputs + (fields.classifier === undefined ? condition : 1);
  return {
    inputs,
    ...parseColumns(fields.columns, width),
    condition,
    ...parseClassifier(fields.classifier, condition),
    encoder: parseNetwork("spec.encoder", fields.encoder),
    decoder: parseNetwork("spec.decoder", fields.decoder),
    latent,
    inference,
    prior,
    likelihood: parseLikelihood("spec.likelihood", likelihood, inputs),
    ...parseMissing(fields.missing, fields.classifier !== undefined),
  };
}

/** Omitted from the spec, and so from files, if the model takes only complete rows. */
function parseMissing(value: unknown, classifier: boolean): Pick<ModelSpec, "missing"> {
  const missing = requireChoice("spec.missing", value ?? "refuse", MISSING);
  if (missing === "refuse") return {};
  if (classifier) {
    throw new TypeError(
      "Cannot read spec.missing: a model with a classifier takes no missing cells",
    );
  }
  return { missing };
}

/** Omitted from the spec, and so from files, if there is no classifier. */
function parseClassifier(value: unknown, classes: number): Pick<ModelSpec, "classifier"> {
  if (value === undefined) return {};
  requireNumber("spec.condition of a model with a classifier", classes, { min: 2 });
  return { classifier: parseNetwork("spec.classifier", value) };
}
