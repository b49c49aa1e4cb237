/**
 * q(z | h) = Π_v Categorical(z_v; softmax(l_v(h))), with one dense layer `<name>.logits` of V·C columns. How it is
 * drawn depends on the program:
 *
 *   training     softmax((l + g)/τ)                   "gumbelSoftmax": biased gradients, less so as τ → 0
 *                one-hot(argmax (l + g)), gradient    "straightThrough": Bengio, Léonard and
 *                that of the relaxed draw             Courville, 2013; Jang et al., 2017
 *                one-hot(argmax (l + g))              "none": no gradient through the draw, but `score`
 *   with noise   one-hot(argmax (l + g))              evaluation: exact draws of q, however it was trained
 *   without      the probabilities, E[z]              encoding, scoring
 *
 * The variance of z_vc, an indicator, is q_vc (1 - q_vc). Relaxed draws have no `path`: the expression used for ln q is
 * not the density they are drawn from.
 */
import { portableLog } from "../core/portable.ts";
import { batched } from "../core/shape.ts";
import { dense } from "../layers/mlp.ts";
import type { Scope } from "../layers/scope.ts";
import type { Graph } from "../graph/graph.ts";
import { negative, repeated, shifted } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { type Categoricals, gumbel, oneHotOfLargest, perRow, perVariable } from "./categorical.ts";
import { clampLogVariance } from "./diagonal_gaussian.ts";
import type { Posterior, PosteriorRequest } from "./posterior.ts";

/** What replaces a hard draw during training. */
export type Relaxation = "gumbelSoftmax" | "straightThrough" | "none";

/** The categoricals, and how they are drawn during training. */
export interface CategoricalDraws extends Categoricals {
  readonly relaxation: Relaxation;
  /** τ, `[1, 1]`; called only for relaxed draws. */
  temperature(): Node;
}

export function categoricalPosterior(
  scope: Scope,
  draws: CategoricalDraws,
  { name, hidden, samples, noise }: PosteriorRequest,
): Posterior {
  const { g } = scope;
  const size = draws.variables * draws.classes;
  const logits = dense(scope, `${name}.logits`, hidden, size);
  const perVariableLogits = perVariable(g, logits, draws);
  const logShares = g.sub(perVariableLogits, g.logSumExpCols(perVariableLogits)),
    shares = g.softmaxCols(perVariableLogits);
  const mean = perRow(g, shares, draws);
  const uniform = noise(batched(size, logits.shape.rows * samples), "uniform");
  const z = uniform ? draw(scope, draws, repeated(g, logits, samples), uniform) : mean;
  const logDensity = g.sumCols(g.mul(z, repeated(g, perRow(g, logShares, draws), samples)));
  return {
    mean,
    logVar: clampLogVariance(g, perRow(g, logVariance(g, shares, logShares), draws)),
    z,
    logDensity,
    score: draws.relaxation === "none" ? logDensity : undefined,
    klTo({ form }) {
      if (form?.type !== "uniform") return undefined;
      const negativeEntropy = g.sumCols(g.mul(shares, logShares));
      const kl = shifted(g, negativeEntropy, portableLog(draws.classes));
      return perRow(g, kl, draws);
    },
  };
}

/** Draws `[r, V·C]` from logits and uniforms of the same shape. */
function draw(
  { g, training }: Scope,
  draws: CategoricalDraws,
  logits: Node,
  uniform: Node,
): Node {
  const perturbed = perVariable(g, g.add(logits, gumbel(g, uniform)), draws);
  const hard = oneHotOfLargest(g, perturbed);
  if (!training || draws.relaxation === "none") return perRow(g, hard, draws);
  const soft = g.softmaxCols(g.div(perturbed, draws.temperature()));
  if (draws.relaxation === "gumbelSoftmax") return perRow(g, soft, draws);
  // The difference is exactly zero, so the value is exactly one-hot.
  return perRow(g, g.add(hard, g.sub(soft, g.stopGradient(soft))), draws);
}

/** ln q + ln(1 - q); -Infinity where q rounds to 1. */
function logVariance(g: Graph, shares: Node, logShares: Node): Node {
  return g.add(logShares, g.log1p(negative(g, shares)));
}
