/**
 * Gaussians in log-variance, per element, in nats (derivations A.2-A.4, boxed formulas).
 *
 *   gaussianKl       KL(N(μ, eˡ) ‖ N(0, 1)) = ½ (μ² + eˡ - l - 1), computed as ½ (μ² + (expm1(l) - l)), ≥ 0
 *   gaussianLogProb  ln N(x; μ, eˡ) = -½ (ln 2π + l + (x - μ)² e⁻ˡ)
 *   …GradMean        dy · (x - μ) e⁻ˡ
 *   …GradLogVar      dy · ½ ((x - μ)² e⁻ˡ - 1)
 *   reparameterize   z = μ + e^(l/2) · ε
 *
 * Log-variances must lie in [-30, 20] (`LOG_VARIANCE` in `core/stable.ts`); models clamp them. Values are per element
 * so that sums (`sumCols`), free bits and per-column contributions can all use them.
 */
import { sumTo } from "./shapes.ts";
import { negative, scaled } from "./shorthand.ts";
import { notDifferentiable, type OpSpec } from "./spec.ts";

export const reparameterize: OpSpec<"reparameterize"> = {
  arity: 3,
  vjp: (e, { inputs: [mean, logVar, noise], output }, dy) => [
    () => sumTo(e, dy, mean.shape),
    // dz/dl = ½ e^(l/2) ε = ½ (z - μ), which saves a second exponential.
    () => {
      const half = scaled(e, e.sub(output, mean), 0.5);
      return sumTo(e, e.mul(dy, half), logVar.shape);
    },
    () => {
      const stdDev = e.exp(scaled(e, logVar, 0.5));
      return sumTo(e, e.mul(dy, stdDev), noise.shape);
    },
  ],
  inPlace: true,
};

export const gaussianKl: OpSpec<"gaussianKl"> = {
  arity: 2,
  vjp: (e, { inputs: [mean, logVar] }, dy) => [
    () => sumTo(e, e.mul(dy, mean), mean.shape),
    () => {
      const halfExpm1 = e.affine(e.exp(logVar), { scale: 0.5, offset: -0.5 });
      return sumTo(e, e.mul(dy, halfExpm1), logVar.shape);
    },
  ],
  inPlace: true,
};

export const gaussianLogProb: OpSpec<"gaussianLogProb"> = {
  arity: 3,
  vjp: (e, { inputs: [x, mean, logVar] }, dy) => {
    const dMean = () => e.gaussianLogProbGradMean(x, mean, logVar, dy);
    return [
      () => sumTo(e, negative(e, dMean()), x.shape),
      () => sumTo(e, dMean(), mean.shape),
      () => sumTo(e, e.gaussianLogProbGradLogVar(x, mean, logVar, dy), logVar.shape),
    ];
  },
  inPlace: true,
};

const SECOND_ORDER = notDifferentiable("second derivatives of densities are not needed yet");

export const gaussianLogProbGradMean: OpSpec<"gaussianLogProbGradMean"> = {
  arity: 4,
  vjp: SECOND_ORDER,
  inPlace: true,
};

export const gaussianLogProbGradLogVar: OpSpec<"gaussianLogProbGradLogVar"> = {
  arity: 4,
  vjp: SECOND_ORDER,
  inPlace: true,
};
