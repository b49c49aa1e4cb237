/**
 * q(z | h) = N(μ(h), diag(e^logVar(h))): two dense layers, `<name>.mean` and `<name>.logVar`, and
 * draws z = μ + σ · noise.
 */
import { batched } from "../core/shape.ts";
import { dense } from "../layers/mlp.ts";
import type { Scope } from "../layers/scope.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";
import {
  clampLogVariance,
  type DiagonalGaussian,
  klToStandardNormal,
  logDensity,
  repeat,
  sample,
} from "./diagonal_gaussian.ts";
import type { Posterior, PosteriorRequest } from "./posterior.ts";
import type { Prior } from "./prior.ts";

export function diagonalPosterior(
  scope: Scope,
  size: number,
  { name, hidden, samples, noise }: PosteriorRequest,
): Posterior {
  const { g } = scope;
  const mean = dense(scope, `${name}.mean`, hidden, size);
  const logVar = clampLogVariance(g, dense(scope, `${name}.logVar`, hidden, size));
  const q = { mean, logVar };
  const draws = noise(batched(size, mean.shape.rows * samples));
  const perDraw = repeat(g, q, samples);
  const z = draws ? sample(g, perDraw, draws) : mean;
  const path = { z, logDensity: logDensity(g, perDraw, z) };
  return { ...q, ...path, path, diagonal: q, klTo: (prior) => closedKl(g, q, prior) };
}

/** Per dimension, nats, `[r, L]`. */
function closedKl(g: Graph, q: DiagonalGaussian, { form }: Prior): Node | undefined {
  return form?.type === "standardNormal" ? klToStandardNormal(g, q) : undefined;
}
