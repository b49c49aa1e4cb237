/**
 * Sources of noise. Code that needs noise requests it from the scope by name, and the program being built decides what
 * it gets: draws from a key, an input supplied by the caller, or none.
 *
 *   drawnNoise  Philox, from the input `key` and the request's stream    training, evaluation
 *   givenNoise  an input of the request's name                           `lossAndGradients`, tests
 *   noNoise     undefined: use the distribution's point value             encoding, scoring
 */
import { fixed, type Shape } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";

/** A request for draws: standard normal, or uniform in [0, 1). */
export interface NoiseRequest {
  /** Name of the input, if the caller supplies the noise. */
  readonly name: string;
  /** The Philox stream, if the noise is drawn: see `core/random/streams.ts`. */
  readonly stream: number;
  readonly shape: Shape;
  /** Standard normal by default. */
  readonly distribution?: NoiseDistribution;
}

/** Which noise, whatever its shape. */
export type NoiseUse = Pick<NoiseRequest, "name" | "stream">;

export type NoiseDistribution = "normal" | "uniform";

/** Undefined if the program draws nothing: use the distribution's point value. */
export type NoiseSource = (g: Graph, request: NoiseRequest) => Node | undefined;

/** The noise of one use, such as the draws of one latent layer; only the shape is left open. */
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
