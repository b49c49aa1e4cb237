/**
 * q(z | h) = δ(z - f(h)): one dense layer, `<name>.mean`, and no draw. ln q, ln p and KL are set to 0, so every bound
 * is the reconstruction ln p(x | f(h)) itself. The log-variance -∞ is represented by the smallest allowed log-variance.
 */
import { batched } from "../core/shape.ts";
import { LOG_VARIANCE } from "../core/stable.ts";
import type { Graph } from "../graph/graph.ts";
import { dense } from "../layers/mlp.ts";
import type { Scope } from "../layers/scope.ts";
import { filled, repeated } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import type { Posterior, PosteriorRequest } from "./posterior.ts";
import type { Prior } from "./prior.ts";

export function deterministicPosterior(
  scope: Scope,
  size: number,
  { name, hidden, samples }: PosteriorRequest,
): Posterior {
  const { g } = scope;
  const mean = dense(scope, `${name}.mean`, hidden, size);
  const z = repeated(g, mean, samples);
  const logDensity = zeroPerRow(g, z);
  return {
    mean,
    logVar: filled(g, LOG_VARIANCE.low, mean.shape),
    z,
    logDensity,
    path: { z, logDensity },
    klTo: () => filled(g, 0, mean.shape),
  };
}

/** The prior of a layer without a distribution: its ln p is 0 and it cannot be sampled. */
export function noPrior(g: Graph, size: number): Prior {
  return {
    logDensity: (z) => zeroPerRow(g, z),
    sample(noise) {
      const shape = batched(size);
      // Without noise, the caller only lists the parameters.
      if (!noise(shape)) return filled(g, 0, shape);
      throw new TypeError(
        "Cannot sample: a deterministic latent layer has no prior: decode or reconstruct rows",
      );
    },
  };
}

function zeroPerRow(g: Graph, z: Node): Node {
  return filled(g, 0, { ...z.shape, cols: 1 });
}
