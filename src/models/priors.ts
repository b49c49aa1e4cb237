/**
 * The priors, by the `type` of the spec's `prior`. To add one: add its file, and its lines here.
 */
import { requireChoice, requireObject } from "../core/validate.ts";
import { mixture, type MixturePrior } from "./priors/mixture.ts";
import { vamp, type VampPrior } from "./priors/vamp.ts";
import type { Prior } from "../distributions/prior.ts";
import type { Scope } from "../layers/scope.ts";
import type { PriorFamily, PriorRequest } from "./priors/prior_family.ts";

/** Complete specs of priors, by type. */
export interface PriorOptions {
  /** The standard prior of the latent layer, N(0, I) for Gaussian layers. */
  readonly standard: { readonly type: "standard" };
  /** A learned mixture of Gaussians. */
  readonly mixture: MixturePrior;
  /** The average posterior over learned pseudo-rows. */
  readonly vamp: VampPrior;
}

/** p(z). */
export type PriorSpec = PriorOptions[keyof PriorOptions];

/** p(z) as a user writes it. */
export type PriorInput = PriorSpec;

const PRIORS: { readonly [T in keyof PriorOptions]: PriorFamily<PriorOptions[T]> } = {
  standard: {
    parse: (field, value) => {
      requireObject(field, value, ["type"]);
      return { type: "standard" };
    },
    build: (_scope, _spec, { standard }) => standard(),
  },
  mixture,
  vamp,
};

const TYPES = Object.keys(PRIORS) as (keyof PriorOptions)[];

/** @throws TypeError or RangeError naming the field */
export function parsePrior(field: string, value: unknown = { type: "standard" }): PriorSpec {
  const isObject = typeof value === "object" && value !== null;
  const { type } = isObject
    ? value as { readonly type?: unknown }
    : requireObject(field, value, []);
  return PRIORS[requireChoice(`${field}.type`, type, TYPES)].parse(field, value);
}

/** p(z) of a spec. */
export function priorOf<T extends keyof PriorOptions>(
  scope: Scope,
  spec: PriorOptions[T] & { readonly type: T },
  request: PriorRequest,
): Prior {
  return PRIORS[spec.type].build(scope, spec, request);
}
