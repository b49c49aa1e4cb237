/**
 * Where noise comes from. What needs noise asks the scope for it by name; the program that is being
 * built decides what that is: drawn from a key, given by the caller, or none at all.
 *
 *   drawnNoise  Philox, from the input `key` and the request's stream    training, evaluation
 *   givenNoise  an input of the request's name                           `lossAndGradients`, tests
 *   noNoise     undefined: the point that stands for the distribution     encoding, scoring
 */
import { fixed, type Shape } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";

/** Draws that something needs: standard normal, or uniform in [0, 1). */
export interface NoiseRequest {
  /** The input's name, where the caller gives the noise. */
  readonly name: string;
  /** The Philox stream, where it is drawn: see `core/random/streams.ts`. */
  readonly stream: number;
  readonly shape: Shape;
  /** Standard normal by default. */
  readonly distribution?: NoiseDistribution;
}

export type NoiseDistribution = "normal" | "uniform";

/** Undefined: no draw is wanted, but the point that stands for the distribution. */
export type NoiseSource = (g: Graph, request: NoiseRequest) => Node | undefined;

/** The noise of one use, such as the draws of one latent layer; all that is left open is the shape. */
export type ShapedNoise = (shape: Shape, distribution?: NoiseDistribution) => Node | undefined;

export const drawnNoise = (g: Graph, { shape, stream, distribution }: NoiseRequest): Node =>
  distribution === "uniform"
    ? g.randomUniform(randomKey(g), { ...shape, stream })
    : g.randomNormal(randomKey(g), { ...shape, stream });

export const givenNoise = (g: Graph, { name, shape }: NoiseRequest): Node => g.input(name, shape);

export const noNoise = (): undefined => undefined;

/** `[seedLow, seedHigh, step, firstRow]`: see `ops/random.ts`. */
function randomKey(g: Graph): Node {
  return g.input("key", fixed(1, 4), { integer: true });
}
