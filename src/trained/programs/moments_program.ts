/**
 * Mean and variance of q(z | x) from K draws, if they have no closed form, and the mean of every layer:
 *
 *   mean = 1/K Σ z_k    Var = 1/(K - 1) Σ (z_k - mean)²
 *
 * Every row uses the same noise, so the result for a row does not depend on its position, and a dimension that ignores
 * x has the same mean for every row.
 */
import type { Graph } from "../../graph/graph.ts";
import { drawnNoise, type NoiseRequest } from "../../layers/noise.ts";
import type { Scope } from "../../layers/scope.ts";
import { hasClosedMoments } from "../../models/latents.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { infer } from "../../models/vae_graph.ts";
import { rowsInput } from "../../models/batch_rows.ts";
import { meanOfGroups } from "../../layers/means.ts";
import { stretched } from "../../ops/shorthand.ts";
import type { Node } from "../../ops/spec.ts";

/** Moments of the layer next to the data, and the means of all layers from there up, `[B, L]` each. */
export interface Moments {
  readonly mean: Node;
  readonly logVar: Node;
  readonly layers: readonly Node[];
}

/** Draws noise for one row, and repeats it for all rows. */
export function sharedNoise(g: Graph, request: NoiseRequest): Node {
  const { rows, cols, batched } = request.shape;
  const flat = { rows: 1, cols: rows * cols, batched: false };
  const forOneRow = drawnNoise(g, { ...request, shape: flat });
  if (!batched) return g.reshape(forOneRow, request.shape);
  return g.reshape(stretched(g, forOneRow, { ...flat, batched }), request.shape);
}

export function moments(scope: Scope, spec: ModelSpec, samples: number): Record<string, Node> {
  const rows = rowsInput(scope.g, spec);
  const { layers, ...first } = momentsOfDraws(scope, spec, rows.all, samples);
  return { ...first, ...Object.fromEntries(layers.map((mean, i) => [`mean.${i}`, mean])) };
}

export function momentsOfDraws(
  scope: Scope,
  spec: ModelSpec,
  rows: Node,
  samples: number,
): Moments {
  const { g } = scope;
  const inference = infer(scope, spec, rows, samples);
  const layers = inference.draws.map((z) => meanOfGroups(g, z, samples));
  if (hasClosedMoments(spec)) {
    const { mean, logVar } = inference;
    return { mean, logVar, layers: layers.with(0, mean) };
  }
  const [z] = inference.draws, [mean] = layers;
  const deviation = g.sub(z, g.repeatRows(mean, { times: samples }));
  const squares = g.sumGroups(g.mul(deviation, deviation), { size: samples });
  const variance = g.affine(squares, { scale: 1 / (samples - 1), offset: 1e-30 });
  return { mean, logVar: g.log(variance), layers };
}
