/**
 * Bernoulli draws inside a graph: 1 where a uniform of the key is below the probability. Probabilities
 * are met to 2^-24, 0 and 1 exactly; no derivative flows through a draw. Backends whose probabilities
 * differ in the last digit differ in about one draw of 2^24 / 3.
 */
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";
import { randomKey } from "./noise.ts";

/** @param probabilities `[r, C]` */
export function drawBinary(g: Graph, probabilities: Node, stream: number): Node {
  const uniforms = g.randomUniform(randomKey(g), { ...probabilities.shape, stream });
  return g.lessThan(uniforms, probabilities);
}
