/**
 * The variational autoencoder as a graph, in both directions, and its parameters.
 *
 *   inference   rows → q(z | x, c), its draws, ln q and ln p of them     encoder.0 … encoder.mean, …
 *   generation  z ~ p(z) → p(x | z, c)                                   decoder.0 … decoder.mean, …
 */
import { memoize } from "../core/memoize.ts";
import { layerStream, STREAMS } from "../core/random/streams.ts";
import type { DiagonalGaussian } from "../distributions/diagonal_gaussian.ts";
import { type Conditional, likelihood } from "../distributions/likelihood.ts";
import type { Prior } from "../distributions/prior.ts";
import { createGraph } from "../graph/graph.ts";
import { dense, mlp } from "../layers/mlp.ts";
import type { NoiseDistribution, ShapedNoise } from "../layers/noise.ts";
import { createScope, type ParameterSpec, type Scope } from "../layers/scope.ts";
import type { Latents } from "../objectives/terms.ts";
import { repeated } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { type BatchRows, completeRows, rowsInput } from "./batch_rows.ts";
import { latentWidth, standardPriorOf } from "./latents.ts";
import { priorOf } from "./priors.ts";
import type { ModelSpec } from "./spec.ts";
import { drawDownward, drawLayers, topPosterior } from "./stochastic_layers.ts";

/** The encoder's result for rows, with `samples` draws each. */
export interface Inference extends Latents {
  /** The point estimate of the layer next to the data, `[B, L]`: E[z | x] if `hasClosedMoments`. */
  readonly mean: Node;
  /** ln Var[z | x] of the same layer, `[B, L]`, likewise exact only if `hasClosedMoments`. */
  readonly logVar: Node;
  /** q(z | x) of a one-layer model, if it is a diagonal Gaussian. */
  readonly diagonal?: DiagonalGaussian;
  /** The draws of every layer, from the data up, `[K·B, L]` each. */
  readonly draws: readonly Node[];
}

/** q(z | x, c) for rows `[B, D + C]`, with `samples` draws each, or the mean of q without noise. */
export function infer(scope: Scope, spec: ModelSpec, rows: Node, samples = 1): Inference {
  const noise = (layer: number) => layerNoise(scope, spec, "noise", STREAMS.posterior, layer);
  const prior = modelPrior(scope, spec);
  const { first, ...latents } = drawLayers(scope, spec, { rows, samples, noise, prior });
  const diagonal = spec.latent.length === 1 ? first.diagonal : undefined;
  return { ...latents, mean: first.mean, logVar: first.logVar, diagonal };
}

/** z ~ p(z) of the layer next to the data, K draws per row of the batch, `[K·B, L]`. */
export function generate(scope: Scope, spec: ModelSpec, samples = 1): Node {
  const noise = (layer: number): ShapedNoise => {
    const draws = layerNoise(scope, spec, "prior", STREAMS.prior, layer);
    // Layers below the top already get K rows per batch row from above.
    const times = layer === spec.latent.length - 1 ? samples : 1;
    return (shape, distribution) => draws({ ...shape, rows: shape.rows * times }, distribution);
  };
  const top = modelPrior(scope, spec).sample(noise(spec.latent.length - 1));
  return drawDownward(scope, spec, top, noise);
}

/** p(x | z, c) for z `[K·r, L]` and c `[r, C]`, over the observed cells. */
export function decoder(
  scope: Scope,
  spec: ModelSpec,
  z: Node,
  { condition, observed }: Pick<BatchRows, "condition" | "observed"> = {},
): Conditional {
  const { g } = scope;
  const input = condition
    ? g.concatCols(z, repeated(g, condition, z.shape.rows / condition.shape.rows))
    : z;
  const hidden = mlp(scope, "decoder", input, spec.decoder);
  return likelihood(scope, hidden, spec, observed);
}

/** ln q(y | x) of every class for x `[B, D]`, nats, `[B, C]`. */
export function classify(scope: Scope, spec: ModelSpec, x: Node): Node {
  const { g } = scope;
  const hidden = mlp(scope, "classifier", x, spec.classifier!);
  const logits = dense(scope, "classifier.logits", hidden, spec.condition);
  return g.sub(logits, g.logSumExpCols(logits));
}

/** p(z) of the topmost layer. */
export function modelPrior(scope: Scope, spec: ModelSpec): Prior {
  const top = spec.latent.at(-1)!;
  return priorOf(scope, spec.prior, {
    size: latentWidth(top),
    inputs: spec.inputs + spec.condition,
    standard: () => standardPriorOf(scope.g, top),
    encode: (rows) => topPosterior(scope, spec, completeRows(scope.g, spec, rows)),
  });
}

/** A layer's noise: `noise` in a one-layer model; `noise.0`, `noise.1`, … with several layers. */
export function layerNoise(
  scope: Scope,
  { latent }: ModelSpec,
  name: string,
  stream: number,
  layer = 0,
): ShapedNoise {
  return (shape, distribution) =>
    scope.noise({
      name: useName(latent.length === 1 ? name : `${name}.${layer}`, distribution),
      stream: layerStream(stream, layer, distribution),
      shape,
      distribution,
    });
}

function useName(name: string, distribution: NoiseDistribution = "normal"): string {
  return distribution === "uniform" ? `${name}.uniform` : name;
}

/**
 * Every parameter of the model, in the order in which building declares them. Computed once per spec, because building
 * is slow in a newly started process.
 */
export const parametersOf: (spec: ModelSpec) => readonly ParameterSpec[] = memoize((spec) => {
  const scope = createScope(createGraph());
  const rows = rowsInput(scope.g, spec);
  decoder(scope, spec, infer(scope, spec, rows.all).z, rows);
  if (spec.classifier) classify(scope, spec, rows.x);
  return scope.declared;
});
