/**
 * What a model is, as JSON: likelihood x posterior x prior x latent layers over two networks.
 *
 * `parseSpec` turns what a user wrote into the complete, canonical spec that files carry, and
 * refuses what it does not know by name. Nothing here computes.
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
  /** Their names in files, and behind them those of the condition or the class; absent where they have none. */
  readonly columns?: readonly string[];
  /** Columns of the condition that both networks see beside their input; 0 for none. */
  readonly condition: number;
  /** The network of q(y | x), where the condition is a class y that rows may lack: `labels.ts`. */
  readonly classifier?: NetworkSpec;
  /** The network of q(z | x). */
  readonly encoder: NetworkSpec;
  /** The network of p(x | z). */
  readonly decoder: NetworkSpec;
  /** Layers of latent variables, from the data up. */
  readonly latent: readonly LatentLayer[];
  /** How q takes several layers: see `stochastic_layers.ts`. */
  readonly inference: InferenceDirection;
  /** p(z) of the topmost layer. */
  readonly prior: PriorSpec;
  /** What stands on top of the decoder. */
  readonly likelihood: LikelihoodSpec;
  /** How rows with missing cells are taken; absent where they are refused. */
  readonly missing?: Exclude<Missing, "refuse">;
}

/**
 * Rows with missing cells: "refuse" takes none. Else the likelihood is that of the cells that are there,
 * ln p(x_observed), and the encoder sees 0 in place of the others: with "mask" beside it which ones were
 * there, so that 0 and nothing are two things.
 */
export type Missing = "refuse" | "zero" | "mask";

/** A specification as a user writes it: what has a default may be left out. */
export interface ModelSpecInput {
  /** Columns of a row of data. */
  readonly inputs: number;
  /** Their names in files, and behind them those of the condition or the class; by position. */
  readonly columns?: readonly string[];
  /** Columns of a condition; none. */
  readonly condition?: number;
  /** Makes the condition a class that rows may lack, by the network of q(y | x); none. */
  readonly classifier?: Partial<NetworkSpec>;
  /** The network of q(z | x); no hidden layers by default, tanh between them. */
  readonly encoder?: Partial<NetworkSpec>;
  /** The network of p(x | z); likewise. */
  readonly decoder?: Partial<NetworkSpec>;
  /** Layers of latent variables, from the data up: each its size at least. */
  readonly latent: readonly LatentInput[];
  /** "bottomUp": each layer given the draw below; "ladder": each given the draw above and x. */
  readonly inference?: InferenceDirection;
  /** N(0, I). */
  readonly prior?: PriorInput;
  /** Gaussian with a learned variance per column by default. */
  readonly likelihood?: LikelihoodInput;
  /** Rows with missing cells (NaN): "refuse", or see `Missing`. */
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

/** Columns of the z that the decoder takes and `encode` gives. */
export function latentSize({ latent: [layer] }: ModelSpec): number {
  return latentWidth(layer);
}

const INFERENCES: readonly InferenceDirection[] = ["bottomUp", "ladder"];

/** The direction in which q draws several layers. */
export type InferenceDirection = "bottomUp" | "ladder";

/**
 * The canonical spec of what a user or a file wrote.
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
      } latent layer has none: current value is "${prior.type}"`,
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

/** Absent from the spec, and so from files, of models that take whole rows alone. */
function parseMissing(value: unknown, classifier: boolean): Pick<ModelSpec, "missing"> {
  const missing = requireChoice("spec.missing", value ?? "refuse", MISSING);
  if (missing === "refuse") return {};
  if (classifier) {
    throw new TypeError("Cannot read spec.missing: a model with a classifier takes whole rows");
  }
  return { missing };
}

/** Absent from the spec, and so from files, of models that have none. */
function parseClassifier(value: unknown, classes: number): Pick<ModelSpec, "classifier"> {
  if (value === undefined) return {};
  requireNumber("spec.condition of a model with a classifier", classes, { min: 2 });
  return { classifier: parseNetwork("spec.classifier", value) };
}
