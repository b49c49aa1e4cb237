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
  { name, hidden, ...draws }: PosteriorRequest,
): Posterior {
  const { g } = scope;
  const mean = dense(scope, `${name}.mean`, hidden, size);
  const logVar = clampLogVariance(g, dense(scope, `${name}.logVar`, hidden, size));
  return drawDiagonal(g, { mean, logVar }, draws);
}

/** Draws of a diagonal Gaussian for each of r rows, wherever it comes from. */
export function drawDiagonal(
  g: Graph,
  q: DiagonalGaussian,
  { samples, noise }: Pick<PosteriorRequest, "samples" | "noise">,
): Posterior {
  const { rows, cols } = q.mean.shape;
  const draws = noise(batched(cols, rows * samples));
  const perDraw = repeat(g, q, samples);
  const z = draws ? sample(g, perDraw, draws) : q.mean;
  const path = { z, logDensity: logDensity(g, perDraw, z) };
  return { ...q, ...path, path, diagonal: q, klTo: (prior) => closedKl(g, q, prior) };
}

/** Per dimension, nats, `[r, L]`. */
function closedKl(g: Graph, q: DiagonalGaussian, { form }: Prior): Node | undefined {
  return form?.type === "standardNormal" ? klToStandardNormal(g, q) : undefined;
}
