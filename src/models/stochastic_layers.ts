/**
 * Several layers of latent variables in both directions; z_0 is next to the data, z_T on top:
 *
 *   generation   p(z_T) Π p(z_i | z_(i+1)), each N(μ(z_(i+1)), diag(e^logVar(z_(i+1))))
 *                decoder1.0 …, decoder1.mean, decoder1.logVar from z_1 to p(z_0 | z_1), and so on
 *   bottomUp     q(z_0 | x) Π q(z_(i+1) | z_i)                  Burda et al., 2016, section 5
 *                encoder …, encoder1.0 …, encoder1.mean, encoder1.logVar, …
 *   ladder       q(z_T | x) Π q(z_i | z_(i+1), x)               Sønderby et al., 2016
 *                a deterministic upward pass gives each layer's N(μ̂, σ̂²); going down, q is the product of
 *                that and p(z_i | z_(i+1)) (`product` in `distributions/diagonal_gaussian.ts`), and the
 *                layer's flows are applied to its draw
 *
 * Log-densities of layers add up; a one-layer model is the case T = 0 of `bottomUp`.
 */
import {
  type DiagonalGaussian,
  gaussianGiven,
  logDensity,
  sample,
} from "../distributions/diagonal_gaussian.ts";
import type { DrawPath, Posterior } from "../distributions/posterior.ts";
import type { Prior } from "../distributions/prior.ts";
import { mlp } from "../layers/mlp.ts";
import type { ShapedNoise } from "../layers/noise.ts";
import type { Scope } from "../layers/scope.ts";
import type { Latents } from "../objectives/terms.ts";
import { meanOfGroups } from "../layers/means.ts";
import { sum } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { latentWidth, mergedPosterior, posteriorOf } from "./latents.ts";
import type { ModelSpec } from "./spec.ts";

/** Inputs for drawing all layers. */
export interface LayersRequest {
  /** The encoder's input, `[B, D + C]`. */
  readonly rows: Node;
  /** K, the draws of every layer per row. */
  readonly samples: number;
  /** The noise of a layer; layer 0 is next to the data. */
  noise(layer: number): ShapedNoise;
  /** p(z_T). */
  readonly prior: Prior;
}

/** Draws of all layers. */
export interface LayerDraws extends Latents {
  /** q of the layer next to the data; in a ladder, averaged over the draws above it. */
  readonly first: Pick<Posterior, "mean" | "logVar" | "diagonal">;
  /** The draws of every layer, from the data up, `[K·B, L]` each. */
  readonly draws: readonly Node[];
}

export function drawLayers(scope: Scope, spec: ModelSpec, request: LayersRequest): LayerDraws {
  return spec.inference === "ladder"
    ? drawLadder(scope, spec, request)
    : drawBottomUp(scope, spec, request);
}

/** z_0 from z_T, `[r, L]` each: every layer below the top drawn, or at its mean without noise. */
export function drawDownward(
  scope: Scope,
  spec: ModelSpec,
  top: Node,
  noise: (layer: number) => ShapedNoise,
): Node {
  return lowerLayers(spec).reduce((z, layer) => {
    const p = conditionalPrior(scope, spec, layer, z);
    const draws = noise(layer)(p.mean.shape);
    return draws ? sample(scope.g, p, draws) : p.mean;
  }, top);
}

/** q of the topmost layer for rows, without draws: every layer is at its mean. */
export function topPosterior(scope: Scope, spec: ModelSpec, rows: Node): Posterior {
  const noise: ShapedNoise = () => undefined;
  if (spec.inference === "ladder") return ladderTop(scope, spec, { rows, samples: 1, noise });
  return layerPosteriors(scope, spec, { rows, samples: 1, noise: () => noise }).at(-1)!;
}

function drawBottomUp(scope: Scope, spec: ModelSpec, request: LayersRequest): LayerDraws {
  const { g } = scope;
  const layers = layerPosteriors(scope, spec, request);
  const [first] = layers, top = layers.at(-1)!;
  const priors = lowerLayers(spec).map((i) =>
    logDensity(g, conditionalPrior(scope, spec, i, layers[i + 1].z), layers[i].z)
  );
  const paths = layers.map(({ path }) => path);
  const logPriors = [...priors.reverse(), request.prior.logDensity(top.z)];
  return {
    first,
    z: first.z,
    draws: layers.map(({ z }) => z),
    logPosterior: sum(g, layers.map(({ logDensity }) => logDensity)),
    logPrior: sum(g, logPriors),
    divergences: layers.map(({ logDensity }, i) => g.sub(logDensity, logPriors[i])),
    klPerDimension: layers.length === 1 ? top.klTo(request.prior) : undefined,
    paths: paths.every((path) => path !== undefined) ? paths : undefined,
    score: top.score,
  };
}

/** q of every layer, from the data up, each drawn given the draw below it. */
function layerPosteriors(
  scope: Scope,
  spec: ModelSpec,
  { rows, samples, noise }: Omit<LayersRequest, "prior">,
): Posterior[] {
  return spec.latent.reduce<Posterior[]>((layers, layer, i) => {
    const input = layers.at(-1)?.z ?? rows, name = encoderName(i);
    const hidden = mlp(scope, name, input, encoderOf(spec, i));
    const draws = { name, hidden, samples: i === 0 ? samples : 1, noise: noise(i) };
    return [...layers, posteriorOf(scope, layer, draws)];
  }, []);
}

function drawLadder(scope: Scope, spec: ModelSpec, request: LayersRequest): LayerDraws {
  const { g } = scope;
  const { rows, samples, noise, prior } = request;
  const top = ladderTop(scope, spec, { rows, samples, noise: noise(spec.latent.length - 1) });
  const state: {
    draws: Node[];
    densities: Node[];
    priors: Node[];
    paths: (DrawPath | undefined)[];
  } = {
    draws: [top.z],
    densities: [top.logDensity],
    priors: [prior.logDensity(top.z)],
    paths: [top.path],
  };
  let q: Posterior = top;
  for (const layer of lowerLayers(spec)) {
    const above = conditionalPrior(scope, spec, layer, state.draws.at(-1)!),
      name = encoderName(layer);
    const hidden = upwardPass(scope, spec, layer, rows);
    const request = { name, hidden, samples, noise: noise(layer), above };
    q = mergedPosterior(scope, spec.latent[layer], request);
    state.draws.push(q.z);
    state.densities.push(q.logDensity);
    state.priors.push(logDensity(g, above, q.z));
    state.paths.push(q.path);
  }
  const { draws, densities, priors, paths } = state;
  const overDraws = (node: Node) => meanOfGroups(g, node, samples);
  return {
    first: { mean: overDraws(q.mean), logVar: overDraws(q.logVar) },
    z: draws.at(-1)!,
    draws: [...draws].reverse(),
    logPosterior: sum(g, densities),
    logPrior: sum(g, priors),
    divergences: densities.map((density, i) => g.sub(density, priors[i])).reverse(),
    paths: paths.every((path) => path !== undefined) ? paths : undefined,
    score: top.score,
  };
}

/** q(z_T | x), from the deterministic upward pass. */
function ladderTop(
  scope: Scope,
  spec: ModelSpec,
  { rows, samples, noise }: { rows: Node; samples: number; noise: ShapedNoise },
): Posterior {
  const last = spec.latent.length - 1;
  const hidden = upwardPass(scope, spec, last, rows);
  return posteriorOf(scope, spec.latent[last], { name: encoderName(last), hidden, samples, noise });
}

/** The deterministic upward pass from the data to a layer, `[B, H]`. */
function upwardPass(scope: Scope, spec: ModelSpec, layer: number, rows: Node): Node {
  const input = layer === 0 ? rows : upwardPass(scope, spec, layer - 1, rows);
  return mlp(scope, encoderName(layer), input, encoderOf(spec, layer));
}

/** p(z_layer | z_(layer + 1)). */
function conditionalPrior(
  scope: Scope,
  spec: ModelSpec,
  layer: number,
  above: Node,
): DiagonalGaussian {
  const name = `decoder${layer + 1}`;
  const hidden = mlp(scope, name, above, spec.latent[layer + 1].decoder!);
  return gaussianGiven(scope, name, hidden, latentWidth(spec.latent[layer]));
}

/** Indices of the layers below the topmost, in descending order. */
function lowerLayers({ latent }: ModelSpec): number[] {
  return latent.slice(1).map((_, i) => i).reverse();
}

function encoderOf({ encoder, latent }: ModelSpec, layer: number) {
  return layer === 0 ? encoder : latent[layer].encoder!;
}

const encoderName = (layer: number): string => layer === 0 ? "encoder" : `encoder${layer}`;
