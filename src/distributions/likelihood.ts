/**
 * p(x | z), built on top of the decoder: the table of likelihoods, and the operations that apply to all of them. Each
 * is defined in a file of `likelihoods/`.
 *
 * To add one: add its options to `likelihoods/options.ts`, its file, its line in the table, and its tests. A type
 * without a line does not compile.
 */
import { requireChoice, requireObject } from "../core/validate.ts";
import type { Scope } from "../layers/scope.ts";
import type { Node } from "../ops/spec.ts";
import { bernoulli } from "./likelihoods/bernoulli.ts";
import { categorical } from "./likelihoods/categorical.ts";
import { continuousBernoulli } from "./likelihoods/continuous_bernoulli.ts";
import { contaminatedGaussian } from "./likelihoods/contaminated_gaussian.ts";
import { type Conditional, type Definition, repeatForDraws } from "./likelihoods/definition.ts";
import { gaussian } from "./likelihoods/gaussian.ts";
import { laplace } from "./likelihoods/laplace.ts";
import { logNormal } from "./likelihoods/log_normal.ts";
import { groupsOf, joinGroups, parseMixed } from "./likelihoods/mixed.ts";
import { negativeBinomial } from "./likelihoods/negative_binomial.ts";
import type {
  LikelihoodSpec,
  PlainLikelihoodOptions,
  PlainLikelihoodSpec,
  PlainLikelihoodType,
} from "./likelihoods/options.ts";
import { poisson } from "./likelihoods/poisson.ts";
import { studentT } from "./likelihoods/student_t.ts";

export type { Conditional } from "./likelihoods/definition.ts";
export { type Group, groupsOf } from "./likelihoods/mixed.ts";

const PLAIN: {
  readonly [T in PlainLikelihoodType]: Definition<PlainLikelihoodOptions[T]>;
} = {
  gaussian,
  bernoulli,
  continuousBernoulli,
  contaminatedGaussian,
  studentT,
  laplace,
  logNormal,
  poisson,
  negativeBinomial,
  categorical,
};

/** The likelihoods that need only their name, in the order in which help lists them. */
export const PLAIN_LIKELIHOODS = Object.keys(PLAIN) as readonly PlainLikelihoodType[];

const TYPES: readonly LikelihoodSpec["type"][] = [...PLAIN_LIKELIHOODS, "mixed"];

/** The definition of a likelihood that is not mixed. */
export function definitionOf(type: PlainLikelihoodType): Definition<PlainLikelihoodSpec> {
  // Safe: the type selects the definition, which then only receives specs of its own type.
  return PLAIN[type] as unknown as Definition<PlainLikelihoodSpec>;
}

/**
 * Completes the user's or the file's spec of p(x | z) over `inputs` columns.
 * @param field the name for messages, such as `spec.likelihood`
 * @throws TypeError or RangeError naming the field, for anything unknown or out of range
 */
export function parseLikelihood(field: string, value: unknown, inputs: number): LikelihoodSpec {
  const type = parseType(field, value, TYPES);
  if (type === "mixed") return parseMixed(field, value, inputs, parsePlain);
  return definitionOf(type).parse(field, value, inputs);
}

function parsePlain(field: string, value: unknown, columns: number): PlainLikelihoodSpec {
  return definitionOf(parseType(field, value, PLAIN_LIKELIHOODS)).parse(field, value, columns);
}

/** Parses only the type; which other keys are allowed depends on it. */
function parseType<T extends string>(field: string, value: unknown, types: readonly T[]): T {
  const { type } = requireObject(field, value, Object.keys(Object(value)));
  return requireChoice(`${field}.type`, type, types);
}

/**
 * Builds the likelihood of a spec on the decoder's last hidden layer.
 * @param observed 1 where a cell of x is present, else 0, `[B, D]`; missing cells then cost nothing
 */
export function likelihood(
  scope: Scope,
  hidden: Node,
  { inputs, likelihood }: { readonly inputs: number; readonly likelihood: LikelihoodSpec },
  observed?: Node,
): Conditional {
  const { g } = scope;
  const groups = groupsOf(likelihood, inputs);
  const parts = groups.map(({ spec, first, columns, prefix }) => {
    const own = observed && g.sliceCols(observed, { start: first, count: columns });
    return definitionOf(spec.type).build({ scope, hidden, columns, prefix, observed: own }, spec);
  });
  const joined = joinGroups(g, groups, parts);
  if (!observed) return joined;
  // Missing cells hold a placeholder that the likelihood accepts, so this is never 0 · ∞.
  return {
    get mean() {
      return joined.mean;
    },
    get parameters() {
      return joined.parameters;
    },
    logProb: (x) => g.mul(joined.logProb(x), repeatForDraws(g, observed, x)),
  };
}

/** The placeholder for missing cells of each column: a number that the likelihood accepts. */
export function placeholders(spec: LikelihoodSpec, inputs: number): Float32Array {
  const values = new Float32Array(inputs);
  for (const { spec: { type }, first, columns } of groupsOf(spec, inputs)) {
    values.fill(definitionOf(type).placeholder ?? 0, first, first + columns);
  }
  return values;
}
