/**
 * JSON specifications of models related to the VAE, for training from a file or a request. They have a `type`, which
 * the specification of a VAE does not have:
 *
 *   { "type": "rbm", "hidden": 64 }                             a Boltzmann machine over the table's columns
 *   { "type": "ppca" | "factorAnalysis", "latent": 3,           by EM; the model is an ordinary VAE
 *     "tolerance"?: 1e-6, "minVariance"?: 1e-4 }
 *
 * Separate from fitting, so that an edge host that only forwards jobs can read them without loading the trainer.
 */
import { requireChoice, requireObject } from "../../core/validate.ts";
import { parseRbmSpec, type RbmSpec } from "../../models/rbm.ts";
import type { FactorAnalysisOptions } from "../em/em_options.ts";

/** The types of these models. */
const RELATIVE_TYPES = ["rbm", "ppca", "factorAnalysis"] as const;

/** A complete specification. */
export type RelativeSpec =
  | ({ readonly type: "rbm" } & RbmSpec)
  | (
    & { readonly type: "ppca" | "factorAnalysis" }
    & Pick<FactorAnalysisOptions, "latent" | "tolerance" | "minVariance">
  );

/** Whether a specification is one of these. */
export function isRelative(spec: unknown): spec is { readonly type: unknown } {
  return typeof spec === "object" && spec !== null && "type" in spec;
}

/**
 * Completes the specification for the columns of a table, if they are known.
 * @throws TypeError or RangeError naming the field
 */
export function parseRelative(
  value: { readonly type: unknown },
  columns?: number,
): RelativeSpec {
  const { type: given, ...rest } = value;
  const type = requireChoice("spec.type", given, RELATIVE_TYPES);
  if (type !== "rbm") {
    const fields = requireObject("spec", rest, ["latent", "tolerance", "minVariance"]);
    return { type, ...fields } as RelativeSpec;
  }
  const spec = parseRbmSpec({ visible: columns ?? 1, ...rest });
  if (columns === undefined || spec.visible === columns) return { type, ...spec };
  throw new RangeError(
    `Cannot read spec.visible: it must be the table's ${columns} columns, got ${spec.visible}`,
  );
}
