/**
 * q(z | h) = N(μ(h), diag(e^logVar(h))): two dense layers, `<name>.mean` and `<name>.logVar`, and draws z = μ + σ ·
 * noise. In a ladder, q(z | h, z above) is the product of this Gaussian and p(z | z above).
 */
import { batched } from "../core/shape.ts";
import type { Scope } from "../layers/scope.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";
import {
  type DiagonalGaussian,
  gaussianGiven,
  klToStandardNormal,
  logDensity,
  product,
  repeat,
  sample,
} from "./diagonal_gaussian.ts";
import type { MergedRequest, Posterior, PosteriorRequest } from "./posterior.ts";
import type { Prior } from "./prior.ts";

export function diagonalPosterior(
  scope: Scope,
  size: number,
  { name, hidden, ...draws }: PosteriorRequest,
): Posterior {
  return drawDiagonal(scope.g, gaussianGiven(scope, name, hidden, size), draws);
}

/**
 * The product of N(μ(h), diag(e^logVar(h))) and `above`, one for each of the K draws of each row; draw k of row i is at
 * i·K + k.
 */
export function mergedPosterior(
  scope: Scope,
  size: number,
  { name, hidden, samples, noise, above }: MergedRequest,
): Posterior {
  const { g } = scope;
  const fromRows = repeat(g, gaussianGiven(scope, name, hidden, size), samples);
  return drawDiagonal(g, product(g, fromRows, above), { samples: 1, noise });
}

/** Draws of any diagonal Gaussian, given for each of r rows. */
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
  return { ...q, ...path, path, diagonal: q, klTo: (prior) => closedFormKl(g, q, prior) };
}

/** Per dimension, nats, `[r, L]`. */
function closedFormKl(g: Graph, q: DiagonalGaussian, { form }: Prior): Node | undefined {
  return form?.type === "standardNormal" ? klToStandardNormal(g, q) : undefined;
}
