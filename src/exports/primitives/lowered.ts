/** Lowers whole graphs to primitives, node by node (`lower.ts`), and makes programs of them. */
import type { Graph } from "../../graph/graph.ts";
import type { OpName } from "../../ops/names.ts";
import type { Node } from "../../ops/spec.ts";
import type { Emitter } from "./emitter.ts";
import { type Call, LOWERINGS } from "./lower.ts";
import type { ExportProgram, Value } from "./primitives.ts";

/** Values by name. */
export type NamedValues = Readonly<Record<string, Value>>;

/** The sources of a graph's leaves. */
export interface Leaves {
  /** The numbers of a parameter. */
  parameter(name: string): Float32Array;
  /** What replaces an input; the input itself if the program reads it. */
  input(own: Value): Value;
}

/**
 * Lowers the outputs of a graph, and everything they depend on.
 * @throws RangeError naming an operation that cannot be exported
 */
export function lowered(
  g: Graph,
  outputs: Readonly<Record<string, Node>>,
  emitter: Emitter,
  leaves: Leaves,
): NamedValues {
  const read: Value[] = [], values = new Map<Node, Value>();
  const ones = () => {
    const rows = read.find(({ shape }) => shape.batched && shape.rows === 1)!;
    const first = emitter.slice(rows, 0, 1);
    return emitter.affine(emitter.binary("less", first, first), 1, 1);
  };
  for (const node of dependencies(g, Object.values(outputs))) {
    const { op, attrs, shape } = node;
    switch (op) {
      case "input":
        read.push(leaves.input({ name: node.name, shape }));
        values.set(node, read.at(-1)!);
        break;
      case "parameter":
        values.set(node, emitter.weight(node.name, shape, leaves.parameter(node.name)));
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
  return Object.fromEntries(
    Object.entries(outputs).map(([output, node]) => [output, values.get(node)!]),
  );
}

/** A program with named outputs. */
export function programOf(
  name: string,
  emitter: Emitter,
  inputs: readonly Value[],
  outputs: NamedValues,
): ExportProgram {
  const named = Object.entries(outputs).map(([output, value]) =>
    rename(emitter, emitter.unary("identity", value), output)
  );
  return {
    name,
    inputs,
    weights: [...emitter.weights.values()],
    steps: emitter.steps,
    outputs: named,
  };
}

function lower(op: OpName, emitter: Emitter, call: Call<never>): Value {
  const lowering = LOWERINGS[op];
  if (typeof lowering !== "function") {
    throw new RangeError(`Cannot export ${op}: ${lowering.refused}`);
  }
  return (lowering as (e: Emitter, call: Call<never>) => Value)(emitter, call);
}

/** Makes the last step write under the output's own name. */
function rename(emitter: Emitter, value: Value, name: string): Value {
  const step = emitter.steps.pop()!, output = { ...value, name };
  emitter.steps.push({ ...step, output });
  return output;
}

/** The nodes that the outputs depend on, operands first. */
function dependencies(g: Graph, outputs: readonly Node[]): readonly Node[] {
  const visited = new Set<Node>(), visit = [...outputs];
  for (let node = visit.pop(); node; node = visit.pop()) {
    if (visited.has(node)) continue;
    visited.add(node);
    visit.push(...node.inputs);
  }
  return g.nodes.filter((node) => visited.has(node));
}
