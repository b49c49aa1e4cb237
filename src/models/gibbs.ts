/**
 * Block Gibbs sampling of a Boltzmann machine inside a graph: h ~ p(h | v), then v ~ p(v | h). One sweep leaves p(v)
 * invariant; after many sweeps the chain forgets its starting point.
 */
import { layerStream } from "../core/random/streams.ts";
import { drawBinary } from "../layers/binary_draw.ts";
import type { NoiseUse } from "../layers/noise.ts";
import type { Scope } from "../layers/scope.ts";
import type { Node } from "../ops/spec.ts";
import type { RbmGraph } from "./rbm.ts";

/** The state of a chain after some sweeps. */
export interface GibbsState {
  /** The last draw of v, `[r, D]`. */
  readonly draw: Node;
  /** E[v | h], from which `draw` was drawn. */
  readonly mean: Node;
}

/**
 * @param use    name and stream of the noise: see `halfSweep`
 * @param sweeps at least 1
 */
export function gibbs(
  scope: Scope,
  { visible, hidden }: RbmGraph,
  v: Node,
  use: NoiseUse,
  sweeps: number,
): GibbsState {
  let state: GibbsState = { draw: v, mean: v };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const h = drawBinary(scope, visible.other(state.draw, "sigmoid"), halfSweep(use, 2 * sweep));
    const mean = hidden.other(h, "sigmoid");
    state = { mean, draw: drawBinary(scope, mean, halfSweep(use, 2 * sweep + 1)) };
  }
  return state;
}

/** The name and stream of the noise of one half-sweep, distinct for each half. */
export function halfSweep({ name, stream }: NoiseUse, half: number) {
  return { name: `${name}.${half}`, stream: layerStream(stream, half) };
}
