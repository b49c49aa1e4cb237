/**
 * The VAE's neighbours as JSON states them, for whoever trains from a file or a request. Their `type` tells them
 * from the specification of a VAE, which has none:
 *
 *   { "type": "rbm", "hidden": 64 }                             a Boltzmann machine over the table's columns
 *   { "type": "ppca" | "factorAnalysis", "latent": 3,           by EM; the model is an ordinary VAE
 *     "tolerance"?: 1e-6, "minVariance"?: 1e-4 }
 *
 * Apart from the fit itself: an edge that forwards a job reads what was asked for, and carries no trainer.
 */
import { requireChoice, requireObject } from "../../core/validate.ts";
import { parseRbmSpec, type RbmSpec } from "../../models/rbm.ts";
import type { FactorAnalysisOptions } from "../em/em_options.ts";

/** Their types. */
const NEIGHBOUR_TYPES = ["rbm", "ppca", "factorAnalysis"] as const;

/** What to fit, complete. */
export type NeighbourSpec =
  | ({ readonly type: "rbm" } & RbmSpec)
  | (
    & { readonly type: "ppca" | "factorAnalysis" }
    & Pick<FactorAnalysisOptions, "latent" | "tolerance" | "minVariance">
  );

/** Whether a specification is that of a neighbour. */
export function isNeighbour(spec: unknown): spec is { readonly type: unknown } {
  return typeof spec === "object" && spec !== null && "type" in spec;
}

/**
 * The complete specification over a table's columns, where they are known.
 * @throws TypeError or RangeError naming the field
 */
export function parseNeighbour(
  value: { readonly type: unknown },
  columns?: number,
): NeighbourSpec {
  const { type: given, ...rest } = value;
  const type = requireChoice("spec.type", given, NEIGHBOUR_TYPES);
  if (type !== "rbm") {
    const fields = requireObject("spec", rest, ["latent", "tolerance", "minVariance"]);
    return { type, ...fields } as NeighbourSpec;
  }
  const spec = parseRbmSpec({ visible: columns ?? 1, ...rest });
  if (columns === undefined || spec.visible === columns) return { type, ...spec };
  throw new RangeError(
    `Cannot read spec.visible: it must be the table's ${columns} columns, got ${spec.visible}`,
  );
}
