/**
 * The graphs of a model that are exported, lowered to primitives:
 *
 *   encoder  x → mean, logVar                q(z | x); behind flows the point that stands for a row, and the
 *                                            log-variance before them
 *   decoder  z → mean                        E[x | z]
 *   score    x → score [B, 1], cost, kl      as `score` gives it, nats; its parts
 *   elbo     x, noise → elbo [B, 1], z       at the draw that the given noise makes
 *
 * Those of a detector take rows of its table for x, and answer in its units too: `table.ts`.
 */
import { createGraph, type Graph } from "../graph/graph.ts";
import { givenNoise, noNoise } from "../layers/noise.ts";
import { createScope } from "../layers/scope.ts";
import type { ModelSpec } from "../models/spec.ts";
import { infer } from "../models/vae_graph.ts";
import { modelTerms } from "../models/model_terms.ts";
import { rowsInput } from "../models/batch_rows.ts";
import type { OpName } from "../ops/names.ts";
import type { Node } from "../ops/spec.ts";
import { buildForward } from "../trained/programs/programs.ts";
import type { TableModel } from "../scoring/table_model.ts";
import type { TrainedVae } from "../trained/trained_vae.ts";
import { Emitter } from "./emitter.ts";
import { type Call, LOWERINGS } from "./lower.ts";
import type { ExportProgram, Fused, Value } from "./primitives.ts";
import { ExportTable } from "./table.ts";

/** The graphs, in the order in which they are written. */
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
 * @param table of a detector
 * @throws RangeError naming an operation that cannot be exported
 */
export function exportProgram(
  name: GraphName,
  model: TrainedVae,
  fused: readonly Fused[],
  table?: TableModel,
): ExportProgram {
  const g = createGraph(), outputs = BUILDERS[name](g, model.spec);
  const emitter = new Emitter(fused), nodes = needed(g, Object.values(outputs));
  const around = table && new ExportTable(emitter, table, model.spec);
  const { inputs, values } = lowered(nodes, emitter, model, around);
  const made = Object.fromEntries(
    Object.entries(outputs).map(([output, node]) => [output, values.get(node)!]),
  );
  const named = Object.entries(around?.outputs(made) ?? made).map(([output, value]) =>
    rename(emitter, emitter.unary("identity", value), output)
  );
  const { steps } = emitter;
  return { name, inputs, weights: [...emitter.weights.values()], steps, outputs: named };
}

/** What each node has become, and what the program reads. */
function lowered(
  nodes: readonly Node[],
  emitter: Emitter,
  model: TrainedVae,
  around: ExportTable | undefined,
) {
  const parameters = model.parameters(), inputs: Value[] = [], read: Value[] = [];
  const ones = () => {
    const rows = read.find(({ shape }) => shape.batched && shape.rows === 1)!;
    const first = emitter.slice(rows, 0, 1);
    return emitter.affine(emitter.binary("less", first, first), 1, 1);
  };
  const values = new Map<Node, Value>();
  for (const node of nodes) {
    const { op, attrs, shape } = node;
    switch (op) {
      case "input": {
        const own = { name: node.name, shape }, ofTable = node.name === "x" ? around : undefined;
        inputs.push(ofTable?.rows ?? own);
        read.push(ofTable?.x ?? own);
        values.set(node, read.at(-1)!);
        break;
      }
      case "parameter":
        values.set(node, emitter.weight(node.name, shape, parameters.get(node.name)!.data));
        break;
      case "state":
        throw new RangeError("Cannot export: a model has no state");
      case "constant": {
        const at = (c: number) => Number(attrs.value) + Number(attrs.step) * c;
        const label = `${attrs.value} ${attrs.step} ${shape.cols}`;
        values.set(node, emitter.matrix(label, 1, shape.cols, (_, c) => at(c)));
        break;
      }
      default: {
        const operands = node.inputs.map((input) => values.get(input)!);
        const call = { inputs: operands, attrs: attrs as never, shape, ones };
        values.set(node, lower(op, emitter, call));
      }
    }
  }
  return { inputs, values };
}

function lower(op: OpName, emitter: Emitter, call: Call<never>): Value {
  const lowering = LOWERINGS[op];
  if (typeof lowering !== "function") {
    throw new RangeError(`Cannot export ${op}: ${lowering.refused}`);
  }
  return (lowering as (e: Emitter, call: Call<never>) => Value)(emitter, call);
}

/** The last step writes under the output's own name. */
function rename(emitter: Emitter, value: Value, name: string): Value {
  const step = emitter.steps.pop()!, output = { ...value, name };
  emitter.steps.push({ ...step, output });
  return output;
}

/** The nodes that the outputs need, operands first. */
function needed(g: Graph, outputs: readonly Node[]): readonly Node[] {
  const wanted = new Set<Node>(), visit = [...outputs];
  for (let node = visit.pop(); node; node = visit.pop()) {
    if (wanted.has(node)) continue;
    wanted.add(node);
    visit.push(...node.inputs);
  }
  return g.nodes.filter((node) => wanted.has(node));
}
