/**
 * The objectives, by the `type` of what `fit` is told; parsed once, strictly. To add one: its file,
 * and its lines here.
 */
import { requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import type { Graph } from "../graph/graph.ts";
import { elbo, type ElboObjective } from "./elbo.ts";
import type { Loss, ObjectiveFamily } from "./objective_family.ts";
import type { Terms } from "./terms.ts";

/** Complete objectives, by type. */
export interface ObjectiveOptions {
  /** The evidence lower bound. */
  readonly elbo: ElboObjective;
}

/** What training minimises. */
export type Objective = ObjectiveOptions[keyof ObjectiveOptions];

/** An objective as a user writes it: what has a default may be left out, type "elbo" too. */
export type ObjectiveInput = Partial<ElboObjective>;

const OBJECTIVES: {
  readonly [T in keyof ObjectiveOptions]: ObjectiveFamily<ObjectiveOptions[T]>;
} = { elbo };

/** The types of objectives. */
export const OBJECTIVE_TYPES = Object.keys(OBJECTIVES) as (keyof ObjectiveOptions)[];

const SHARED: readonly string[] = ["samples"];

/** @throws TypeError or RangeError naming the field */
export function parseObjective(value: unknown = {}): Objective {
  const { type: given } = Object(value) as { readonly type?: unknown };
  const type = requireChoice("objective.type", given ?? "elbo", OBJECTIVE_TYPES);
  const family = OBJECTIVES[type];
  const { type: _, ...fields } = requireObject("objective", value, [
    "type",
    ...SHARED,
    ...family.keys,
  ]);
  const limits = { min: 1, max: 10_000, integer: true };
  const samples = requireNumber("objective.samples", fields.samples ?? 1, limits);
  return { type, samples, ...family.parse(fields) };
}

/** The nodes of an objective over the terms of a model. */
export function lossOf<T extends keyof ObjectiveOptions>(
  g: Graph,
  terms: Terms,
  objective: ObjectiveOptions[T] & { readonly type: T },
): Loss {
  return OBJECTIVES[objective.type].build(g, terms, objective);
}
