/**
 * The graph: a growing list of immutable nodes, and the typed builder that appends to it.
 *
 * `g.add(a, b)`, `g.dense(x, w, b, { activation: "tanh" })`: one method per operation of the
 * catalogue, made from the catalogue. The same operation on the same operands is the same node, so
 * derivatives may ask for eˡ twice and it is computed once.
 */
import { broadcastShapes, sameShape, SCALAR, type Shape } from "../core/shape.ts";
import { OPS } from "../ops/catalogue.ts";
import { OP_NAMES, type OpName } from "../ops/names.ts";
import type { Attributes, Emit, Node, OpSpec, SourceKind } from "../ops/spec.ts";

/** A graph under construction: the operations of the catalogue, and the four kinds of source. */
export type Graph = Emit & Sources & { readonly nodes: readonly Node[] };

interface Sources {
  /** A trainable tensor, `[rows, cols]`. */
  parameter(name: string, rows: number, cols: number): Node;
  /** A tensor that effects keep between runs (optimiser moments), `[rows, cols]`. */
  state(name: string, rows: number, cols: number): Node;
  /** A tensor written before each run; `integer` holds u32 (random keys). */
  input(name: string, shape: Shape, options?: { integer?: boolean }): Node;
  /** A scalar known when the graph is built. */
  constant(value: number): Node;
}

/** An empty graph. */
export function createGraph(): Graph {
  const nodes: Node[] = [];
  const known = new Map<string, Node>();

  function append(
    op: OpName | SourceKind,
    inputs: readonly Node[],
    attrs: Attributes,
    shape: Shape,
    name = "",
  ): Node {
    const node: Node = { id: nodes.length, op, inputs, attrs, shape, name };
    nodes.push(node);
    return node;
  }

  function emit(op: OpName, args: readonly unknown[]): Node {
    const spec = OPS[op] as unknown as OpSpec<"add">;
    const attrs = (args[spec.arity] ?? {}) as Attributes;
    const inputs = elideBroadcasts(spec, args.slice(0, spec.arity) as Node[]);
    const key = `${op} ${inputs.map((node) => node.id)} ${JSON.stringify(attrs)}`;
    const existing = spec.effect ? undefined : known.get(key);
    if (existing) return existing;
    const shapes = inputs.map((node) => node.shape) as [Shape, Shape];
    const node = append(op, inputs, attrs, spec.infer(shapes, attrs));
    known.set(key, node);
    return node;
  }

  function source(kind: SourceKind, name: string, shape: Shape, attrs: Attributes = {}): Node {
    const key = `${kind} ${name} ${attrs.value ?? ""}`;
    const existing = known.get(key);
    if (existing && !sameShape(existing.shape, shape)) {
      throw new RangeError(`Cannot build graph: ${kind} "${name}" already has another shape`);
    }
    if (existing) return existing;
    const node = append(kind, [], attrs, shape, name);
    known.set(key, node);
    return node;
  }

  const sources: Sources = {
    parameter: (name, rows, cols) => source("parameter", name, { rows, cols, batched: false }),
    state: (name, rows, cols) => source("state", name, { rows, cols, batched: false }),
    input: (name, shape, { integer = false } = {}) => source("input", name, shape, { integer }),
    constant: (value) => source("constant", "", SCALAR, { value }),
  };
  const operations = Object.fromEntries(
    OP_NAMES.map((op) => [op, (...args: unknown[]) => emit(op, args)]),
  );
  return { ...operations, ...sources, nodes } as unknown as Graph;
}

/**
 * Where an operation stretches its operands itself, an explicit `broadcast` in front of it only
 * costs a pass over memory: its source is used instead, if the result keeps its shape.
 */
function elideBroadcasts(spec: OpSpec<"add">, inputs: readonly Node[]): readonly Node[] {
  if (!spec.broadcasts) return inputs;
  const shape = broadcastShapes("broadcast", inputs.map((node) => node.shape));
  return inputs.reduce((kept, node, i) => {
    if (node.op !== "broadcast" || node.attrs.mean) return kept;
    const candidate = kept.with(i, node.inputs[0]);
    const narrowed = broadcastShapes("broadcast", candidate.map((n) => n.shape));
    return sameShape(narrowed, shape) ? candidate : kept;
  }, [...inputs]);
}
