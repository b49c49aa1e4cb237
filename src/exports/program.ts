/**
 * The exported graphs of a model, lowered to primitives:
 *
 *   encoder  x → mean, logVar                q(z | x); with flows, the point that represents a row, and the
 *                                            log-variance before the flows
 *   decoder  z → mean                        E[x | z]
 *   score    x → score [B, 1], cost, kl      as `score` returns it, in nats; its parts
 *   elbo     x, noise → elbo [B, 1], z       for the draw that the given noise makes
 *
 * A detector's graphs take rows of its table as x, and answer in the table's units: `primitives/table.ts`.
 */
import { createGraph, type Graph } from "../graph/graph.ts";
import { givenNoise, noNoise } from "../layers/noise.ts";
import { createScope } from "../layers/scope.ts";
import type { ModelSpec } from "../models/spec.ts";
import { infer } from "../models/vae_graph.ts";
import { modelTerms } from "../models/model_terms.ts";
import { rowsInput } from "../models/batch_rows.ts";
import type { Node } from "../ops/spec.ts";
import { buildForward } from "../trained/programs/programs.ts";
import type { TableModel } from "../scoring/table_model.ts";
import type { TrainedVae } from "../trained/trained_vae.ts";
import { Emitter } from "./primitives/emitter.ts";
import { lowered, programOf } from "./primitives/lowered.ts";
import type { ExportProgram, Fused, Value } from "./primitives/primitives.ts";
import { ExportTable } from "./primitives/table.ts";

/** The graphs, in the order they are written. */
export const GRAPHS = ["encoder", "decoder", "score", "elbo"] as const;

/** The name of an exported graph. */
export type GraphName = typeof GRAPHS[number];

type Outputs = Readonly<Record<string, Node>>;

const BUILDERS: { readonly [N in GraphName]: (g: Graph, spec: ModelSpec) => Outputs } = {
  encoder: (g, spec) => buildForward("encode", createScope(g, { noise: noNoise }), spec),
  decoder: (g, spec) => buildForward("decode", createScope(g, { noise: noNoise }), spec),
  score(g, spec) {
    const { cost, kl } = buildForward("score", createScope(g, { noise: noNoise }), spec);
    return { score: g.add(g.sumCols(cost), g.sumCols(kl)), cost, kl };
  },
  elbo(g, spec) {
    const scope = createScope(g, { noise: givenNoise }), rows = rowsInput(g, spec);
    const { logLikelihoods, logWeights, klPerDimension } = modelTerms(scope, spec, rows);
    const { z } = infer(scope, spec, rows.all);
    const elbo = klPerDimension ? g.sub(logLikelihoods, g.sumCols(klPerDimension)) : logWeights;
    return { elbo, z };
  },
};

/**
 * Lowers a graph of a model.
 * @param fused the primitives that the format has beyond the smallest set
 * @param table the table model of a detector
 * @throws RangeError naming an operation that cannot be exported
 */
export function exportProgram(
  name: GraphName,
  model: TrainedVae,
  fused: readonly Fused[],
  table?: TableModel,
): ExportProgram {
  const g = createGraph(), outputs = BUILDERS[name](g, model.spec);
  const emitter = new Emitter(fused), parameters = model.parameters(), inputs: Value[] = [];
  const exportTable = table && new ExportTable(emitter, table, model.spec);
  const values = lowered(g, outputs, emitter, {
    parameter: (name) => parameters.get(name)!.data,
    input(own) {
      const ofTable = own.name === "x" ? exportTable : undefined;
      inputs.push(ofTable?.rows ?? own);
      return ofTable?.x ?? own;
    },
  });
  return programOf(name, emitter, inputs, exportTable?.outputs(values) ?? values);
}
