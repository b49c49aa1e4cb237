/**
 * The forward programs of a model with a class y that may be unknown. Rows are [x | y], y one-hot, or zeros if unknown;
 * the results for such a row are summed over y, weighted by q(y | x), which is exact:
 *
 *   y known     the bound L(x, y), of ln p(x, y) = ln 1/C + ln p(x | y)
 *   y missing   the bound U(x) = Σ_y q(y | x) (L(x, y) - ln q(y | x)), of ln p(x) = ln Σ_y p(x, y)
 *
 * The KL of y to the uniform p(y) is the last column of `kl` in `score`, and `klOfClass` in `evaluate`, whose ln w are
 * ln Σ_y 1/C w(x, y): weights of the marginal.
 */
import { portableLog } from "../../core/portable.ts";
import { batched } from "../../core/shape.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Scope } from "../../layers/scope.ts";
import {
  labelledTerms,
  logSumOverClasses,
  overClasses,
  withEveryClass,
} from "../../models/labels.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { classify, decoder, infer } from "../../models/vae_graph.ts";
import { rowsInput } from "../../models/batch_rows.ts";
import { classShares, klOfClasses } from "../../objectives/terms.ts";
import { complement, negative, shifted } from "../../ops/shorthand.ts";
import type { Node } from "../../ops/spec.ts";
import { type Moments, momentsOfDraws } from "./moments_program.ts";

type Outputs = Record<string, Node>;

/** Each row with every class, and a function that averages values `[C·B, n]` back to rows. */
function withClasses(scope: Scope, spec: ModelSpec) {
  const { g } = scope;
  const { x, condition } = rowsInput(g, spec);
  const labels = { given: condition!, logPosterior: classify(scope, spec, x) };
  const shares = classShares(g, labels);
  const averageClasses = (perClass: Node) => overClasses(g, shares, perClass);
  return { everyClass: withEveryClass(g, spec, x), labels, averageClasses };
}

/** Moments of the mixture Σ_y q(y | x) q(z | x, y). */
export function encodeLabelled(scope: Scope, spec: ModelSpec): Outputs {
  const { everyClass, averageClasses } = withClasses(scope, spec);
  const { mean, logVar } = infer(scope, spec, everyClass.all);
  return { ...mixtureOf(scope.g, spec, averageClasses, { mean, logVar }) };
}

/** The same moments from draws, and the mean of every layer. */
export function momentsLabelled(scope: Scope, spec: ModelSpec, samples: number): Outputs {
  const { everyClass, averageClasses } = withClasses(scope, spec);
  const { layers, ...moments } = momentsOfDraws(scope, spec, everyClass.all, samples);
  const means = layers.map((mean, i) => [`mean.${i}`, averageClasses(mean)] as const);
  return { ...mixtureOf(scope.g, spec, averageClasses, moments), ...Object.fromEntries(means) };
}

function mixtureOf(
  g: Graph,
  { condition: times }: ModelSpec,
  averageClasses: (perClass: Node) => Node,
  { mean, logVar }: Pick<Moments, "mean" | "logVar">,
): Outputs {
  const mixtureMean = averageClasses(mean),
    deviation = g.sub(mean, g.repeatRows(mixtureMean, { times }));
  return {
    mean: mixtureMean,
    logVar: g.log(averageClasses(g.add(g.exp(logVar), g.mul(deviation, deviation)))),
  };
}

export function reconstructLabelled(scope: Scope, spec: ModelSpec): Outputs {
  const { everyClass, averageClasses } = withClasses(scope, spec);
  return {
    mean: averageClasses(
      decoder(scope, spec, infer(scope, spec, everyClass.all).z, everyClass).mean,
    ),
  };
}

export function scoreLabelled(scope: Scope, spec: ModelSpec): { cost: Node; kl: Node } {
  const { g } = scope;
  const { everyClass, labels, averageClasses } = withClasses(scope, spec);
  const { z, klPerDimension, logPosterior, logPrior } = infer(scope, spec, everyClass.all);
  const logProb = averageClasses(decoder(scope, spec, z, everyClass).logProb(everyClass.x));
  const kl = averageClasses(klPerDimension ?? g.sub(logPosterior, logPrior));
  return {
    cost: negative(g, logProb),
    kl: g.concatCols(kl, klOfClasses(g, labels)),
  };
}

export function rowScoresLabelled(scope: Scope, spec: ModelSpec): Outputs {
  const { cost, kl } = scoreLabelled(scope, spec);
  return { reconstruction: scope.g.sumCols(cost), divergence: scope.g.sumCols(kl) };
}

export function evaluateLabelled(scope: Scope, spec: ModelSpec, samples: number): Outputs {
  const { g } = scope, classes = spec.condition;
  const { condition, ...rows } = rowsInput(g, spec);
  const terms = labelledTerms(scope, spec, { ...rows, condition: condition! }, { samples });
  const labels = terms.labels!, shares = classShares(g, labels);
  const averageClasses = (perClass: Node) => overClasses(g, shares, perClass);
  const isKnown = g.sumCols(labels.given);
  const marginal = logSumOverClasses(g, terms.logWeights, classes);
  const knownLogWeights = overClasses(g, labels.given, terms.logWeights);
  const isMissing = complement(g, isKnown);
  const logWeights = shifted(
    g,
    g.add(knownLogWeights, g.mul(marginal, isMissing)),
    -portableLog(classes),
  );
  const { klPerDimension, divergences } = terms;
  return {
    logLikelihoods: g.reshape(averageClasses(terms.logLikelihoods), batched(samples)),
    logWeights,
    klOfClass: klOfClasses(g, labels),
    ...(klPerDimension ? { kl: averageClasses(klPerDimension) } : Object.fromEntries(
      divergences.map((each, i) => [`divergence.${i}`, averageClasses(each)]),
    )),
  };
}
