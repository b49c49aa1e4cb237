/**
 * Block Gibbs sampling of a Boltzmann machine inside a graph: h ~ p(h | v), then v ~ p(v | h). One sweep
 * leaves p(v) as it is; many forget where they began.
 */
import { layerStream } from "../core/streams.ts";
import type { Graph } from "../graph/graph.ts";
import { drawBinary } from "../layers/binary_draw.ts";
import type { Node } from "../ops/spec.ts";
import type { RbmGraph } from "./rbm.ts";

/** Where a chain is after some sweeps. */
export interface GibbsState {
  /** The last draw of v, `[r, D]`. */
  readonly draw: Node;
  /** E[v | h] of which it was drawn. */
  readonly mean: Node;
}

/**
 * @param stream the use that the draws are for: `STREAMS`
 * @param sweeps at least 1
 */
export function gibbs(
  g: Graph,
  { visible, hidden }: RbmGraph,
  v: Node,
  stream: number,
  sweeps: number,
): GibbsState {
  let state: GibbsState = { draw: v, mean: v };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const [down, up] = [layerStream(stream, 2 * sweep), layerStream(stream, 2 * sweep + 1)];
    const h = drawBinary(g, visible.other(state.draw, "sigmoid"), down);
    const mean = hidden.other(h, "sigmoid");
    state = { mean, draw: drawBinary(g, mean, up) };
  }
  return state;
}
