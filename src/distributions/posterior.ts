/**
 * What every q(z | h) offers, drawn already: K draws for each of r rows, or, where the program wants
 * no noise, the one point that stands for q.
 */
import type { ShapedNoise } from "../layers/noise.ts";
import type { Node } from "../ops/spec.ts";
import type { DiagonalGaussian } from "./diagonal_gaussian.ts";
import type { Prior } from "./prior.ts";

/** What a posterior is built from. */
export interface PosteriorRequest {
  /** Its parameters are named after it: `encoder` gives `encoder.mean.weight`. */
  readonly name: string;
  /** What the inference network made of the rows, `[r, H]`. */
  readonly hidden: Node;
  /** K, draws for each row; 1 where there is no noise. */
  readonly samples: number;
  readonly noise: ShapedNoise;
}

/** What a posterior of a ladder is built from: it looks at the draw above too. */
export interface MergedRequest extends PosteriorRequest {
  /** p(z | z above), `[K·r, L]`. */
  readonly above: DiagonalGaussian;
}

/** q(z | h) for r rows, and its draws: row i's draw k at i·K + k. */
export interface Posterior {
  /** E[z], `[r, L]`; of a transformed draw the image of the mean before. */
  readonly mean: Node;
  /** ln Var[z] of each dimension, `[r, L]`; of a transformed draw that of the draw before. */
  readonly logVar: Node;
  /** The draws, `[K·r, L]`; without noise the point that stands for q, its mean. */
  readonly z: Node;
  /** ln q(z) of every draw, nats, `[K·r, 1]`. */
  readonly logDensity: Node;
  /** q itself, `[r, L]` each, where it is a diagonal Gaussian. */
  readonly diagonal?: DiagonalGaussian;
  /** The way of the gradient through the draws; absent where z is no smooth function of q. */
  readonly path?: DrawPath;
  /**
   * ln q of the draws, nats, `[K·r, 1]`, where no gradient passes through them: score-function
   * estimators differentiate it, and no other estimator may be used.
   */
  readonly score?: Node;
  /** KL(q ‖ prior) per dimension, nats, `[r, L]`, ≥ 0; undefined where it has no closed form. */
  klTo(prior: Prior): Node | undefined;
}

/**
 * A reparameterised draw, and its log-density under the distribution that it is drawn from, written as
 * a function of the draw. For a plain q that is z itself; for one with flows it is the draw before
 * them, whose transformation then belongs to the model. Estimators that let gradients reach q
 * through the draws alone need it (STL, DReG).
 */
export interface DrawPath {
  /** `[K·r, L]` */
  readonly z: Node;
  /** Nats, `[K·r, 1]`. */
  readonly logDensity: Node;
}
