/**
 * Diagonal Gaussians in graphs: N(μ, diag(e^logVar)), with means and log-variances `[r, L]`.
 *
 * Formulas: derivations A.2 (KL), A.3 (reparameterisation), A.4 (log-density); arithmetic in
 * `ops/gaussian.ts`.
 */
import { LOG_VARIANCE } from "../core/stable.ts";
import type { Graph } from "../graph/graph.ts";
import { dense } from "../layers/mlp.ts";
import type { Scope } from "../layers/scope.ts";
import { negative, repeated } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";

export interface DiagonalGaussian {
  /** `[r, L]` */
  readonly mean: Node;
  /** `[r, L]`, natural log of the variance, within `LOG_VARIANCE` */
  readonly logVar: Node;
}

/** N(μ(h), diag(e^logVar(h))): two dense layers, `<name>.mean` and `<name>.logVar`. */
export function gaussianGiven(
  scope: Scope,
  name: string,
  hidden: Node,
  size: number,
): DiagonalGaussian {
  const mean = dense(scope, `${name}.mean`, hidden, size);
  return { mean, logVar: clampLogVariance(scope.g, dense(scope, `${name}.logVar`, hidden, size)) };
}

/** Clamps a log-variance to the range where e^logVar and e^-logVar are finite. */
export function clampLogVariance(g: Graph, logVar: Node, low: number = LOG_VARIANCE.low): Node {
  return g.clamp(logVar, { low: Math.max(low, LOG_VARIANCE.low), high: LOG_VARIANCE.high });
}

/** z = μ + σ · noise, `[r, L]`. */
export function sample(g: Graph, { mean, logVar }: DiagonalGaussian, noise: Node): Node {
  return g.reparameterize(mean, logVar, noise);
}

/** ln q(z) per row, nats, `[r, 1]`. */
export function logDensity(g: Graph, { mean, logVar }: DiagonalGaussian, z: Node): Node {
  return g.sumCols(g.gaussianLogProb(z, mean, logVar));
}

/** KL(q ‖ N(0, I)) per dimension, nats, `[r, L]`, ≥ 0. */
export function klToStandardNormal(g: Graph, { mean, logVar }: DiagonalGaussian): Node {
  return g.gaussianKl(mean, logVar);
}

/** ln N(z; 0, I) per row, nats, `[r, 1]`. */
export function standardNormalLogDensity(g: Graph, z: Node): Node {
  const zero = g.constant(0);
  return g.sumCols(g.gaussianLogProb(z, zero, zero));
}

/** Each row repeated `times` times consecutively, once per sample. */
export function repeat(g: Graph, q: DiagonalGaussian, times: number): DiagonalGaussian {
  return { mean: repeated(g, q.mean, times), logVar: repeated(g, q.logVar, times) };
}

/**
 * The normalised product of two Gaussians: precisions add, 1/σ² = 1/σ_a² + 1/σ_b², and μ = σ² (μ_a/σ_a² + μ_b/σ_b²).
 * With d = logVar_a - logVar_b the total precision is e^(-logVar_a) (1 + e^d), and a's share of it is 1 / (1 + e^d), so
 * nothing overflows.
 */
export function product(g: Graph, a: DiagonalGaussian, b: DiagonalGaussian): DiagonalGaussian {
  const difference = g.sub(a.logVar, b.logVar);
  const share = g.activation(negative(g, difference), { kind: "sigmoid" });
  return {
    mean: g.add(b.mean, g.mul(share, g.sub(a.mean, b.mean))),
    logVar: g.sub(a.logVar, g.activation(difference, { kind: "softplus" })),
  };
}
