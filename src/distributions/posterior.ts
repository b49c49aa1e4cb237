/**
 * The interface of q(z | h), already drawn: K draws for each of r rows, or the mean of q if the program has no noise.
 */
import type { ShapedNoise } from "../layers/noise.ts";
import type { Node } from "../ops/spec.ts";
import type { DiagonalGaussian } from "./diagonal_gaussian.ts";
import type { Prior } from "./prior.ts";

/** Inputs for building a posterior. */
export interface PosteriorRequest {
  /** Prefix of its parameter names: `encoder` gives `encoder.mean.weight`. */
  readonly name: string;
  /** Output of the inference network for the rows, `[r, H]`. */
  readonly hidden: Node;
  /** K, draws per row; 1 without noise. */
  readonly samples: number;
  readonly noise: ShapedNoise;
}

/** Inputs for building a posterior in a ladder, which also depends on the draw above. */
export interface MergedRequest extends PosteriorRequest {
  /** p(z | z above), `[K·r, L]`. */
  readonly above: DiagonalGaussian;
}

/** q(z | h) for r rows, and its draws; draw k of row i is at i·K + k. */
export interface Posterior {
  /** E[z], `[r, L]`; with flows, the image of the mean before them. */
  readonly mean: Node;
  /** ln Var[z] of each dimension, `[r, L]`; with flows, the value before them. */
  readonly logVar: Node;
  /** The draws, `[K·r, L]`; without noise, the mean of q. */
  readonly z: Node;
  /** ln q(z) of every draw, nats, `[K·r, 1]`. */
  readonly logDensity: Node;
  /** q itself, `[r, L]` each, if it is a diagonal Gaussian. */
  readonly diagonal?: DiagonalGaussian;
  /**
   * The gradient path through the draws; absent if z is not smooth in q, or its density is not a function of z alone.
   */
  readonly path?: DrawPath;
  /**
   * ln q of the draws, nats, `[K·r, 1]`, if no gradient passes through them. Score-function estimators differentiate
   * it; no other estimator may be used.
   */
  readonly score?: Node;
  /** KL(q ‖ prior) per dimension, nats, `[r, L]`, ≥ 0; undefined without a closed form. */
  klTo(prior: Prior): Node | undefined;
}

/**
 * A reparameterised draw, and the log-density of the distribution it is drawn from, as a function of the draw. Without
 * flows this is z itself; with flows it is the draw before them, and the transformation then belongs to the model.
 * Needed by estimators whose gradients reach q only through the draws (STL, DReG).
 */
export interface DrawPath {
  /** `[K·r, L]` */
  readonly z: Node;
  /** Nats, `[K·r, 1]`. */
  readonly logDensity: Node;
}
