/**
 * The objectives, by the `type` passed to `fit`; parsed once, strictly. To add one: add its file, and its lines here.
 */
import { requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import type { Graph } from "../graph/graph.ts";
import { betaTc, type BetaTcObjective } from "./beta_tc.ts";
import { parseCorruption } from "./corruption.ts";
import { elbo, type ElboObjective } from "./elbo.ts";
import { iwae, type IwaeObjective, renyi, type RenyiObjective } from "./iwae.ts";
import type { Loss, ObjectiveFamily } from "./objective_family.ts";
import { reinforce, type ReinforceObjective } from "./reinforce.ts";
import { semiSupervised, type SemiSupervisedObjective } from "./semi_supervised.ts";
import type { Terms } from "./terms.ts";

/** Complete objectives, by type. */
export interface ObjectiveOptions {
  /** The evidence lower bound. */
  readonly elbo: ElboObjective;
  /** The importance-weighted bound. */
  readonly iwae: IwaeObjective;
  /** The variational Rényi bound. */
  readonly renyi: RenyiObjective;
  /** The ELBO with a weight on the total correlation. */
  readonly betaTc: BetaTcObjective;
  /** A bound trained with score-function gradients. */
  readonly reinforce: ReinforceObjective;
  /** A bound for rows that may lack their class. */
  readonly semiSupervised: SemiSupervisedObjective;
}

/** What training minimises. */
export type Objective = ObjectiveOptions[keyof ObjectiveOptions];

/** An objective as a user writes it; fields with a default may be omitted. */
export type ObjectiveInput =
  | Partial<ElboObjective>
  | Partial<IwaeObjective> & { readonly type: "iwae" }
  | Partial<RenyiObjective> & { readonly type: "renyi" }
  | Partial<BetaTcObjective> & { readonly type: "betaTc" }
  | Partial<ReinforceObjective> & { readonly type: "reinforce" }
  | Partial<SemiSupervisedObjective> & { readonly type: "semiSupervised" };

const OBJECTIVES: {
  readonly [T in keyof ObjectiveOptions]: ObjectiveFamily<ObjectiveOptions[T]>;
} = { elbo, iwae, renyi, betaTc, reinforce, semiSupervised };

/** The types of objectives for models with or without a classifier. */
function typesFor(isLabelled: boolean): (keyof ObjectiveOptions)[] {
  const types = Object.keys(OBJECTIVES) as (keyof ObjectiveOptions)[];
  return types.filter((type) => (OBJECTIVES[type].needsLabels ?? false) === isLabelled);
}

/** All types of objectives. */
export const OBJECTIVE_TYPES = Object.keys(OBJECTIVES) as readonly Objective["type"][];

/**
 * @param isLabelled whether the model has a classifier, which only one objective trains
 * @throws TypeError or RangeError naming the field
 */
export function parseObjective(value: unknown = {}, isLabelled = false): Objective {
  const { type: given } = Object(value) as { readonly type?: unknown };
  const types = typesFor(isLabelled);
  const type = requireChoice("objective.type", given ?? types[0], types);
  const family = OBJECTIVES[type];
  const keys = ["type", "samples", "corruption", ...family.keys];
  const fields = requireObject("objective", value, keys);
  const limits = { min: 1, max: 10_000, integer: true };
  return family.parse({
    samples: requireNumber("objective.samples", fields.samples ?? family.samples, limits),
    corruption: parseCorruption("objective.corruption", fields.corruption),
  }, fields);
}

/** Whether the objective needs the aggregated posterior: `Terms.aggregate`. */
export function needsReference({ type }: Objective): boolean {
  return OBJECTIVES[type].needsReference ?? false;
}

/**
 * Builds an objective over the terms of a model.
 * @throws RangeError if the objective's gradients need another kind of draw than the model has
 */
export function lossOf<T extends keyof ObjectiveOptions>(
  g: Graph,
  terms: Terms,
  objective: ObjectiveOptions[T] & { readonly type: T },
): Loss {
  const { type } = objective;
  const { byScore = false, build } = OBJECTIVES[type];
  if (byScore === (terms.scores !== undefined)) return build(g, terms, objective);
  throw new RangeError(
    byScore
      ? `Cannot build objective: "${type}" needs a categorical latent layer with relaxation "none"`
      : `Cannot build objective: "${type}" needs gradients through the draws, which relaxation "none" has not: use "reinforce"`,
  );
}
