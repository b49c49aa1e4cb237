/**
 * The graph: a growing list of immutable nodes, and the typed builder that appends to it.
 *
 * `g.add(a, b)`, `g.dense(x, w, b, { activation: "tanh" })`: one method for each operation in the catalogue, generated
 * from it. The same operation on the same operands returns the same node, so if two derivatives ask for eˡ it is
 * computed once.
 */
import { broadcastShapes, fixed, sameShape, SCALAR, type Shape } from "../core/shape.ts";
import { OPS } from "../ops/catalogue.ts";
import type { OpName } from "../ops/names.ts";
import type { Attributes, Emit, Node, OpSpec, SourceKind } from "../ops/spec.ts";

/** A graph under construction: the operations of the catalogue, and the sources (values that no operation computes). */
export type Graph = Emit & Sources & { readonly nodes: readonly Node[] };

interface Sources {
  /** A trainable tensor, `[rows, cols]`. */
  parameter(name: string, rows: number, cols: number): Node;
  /** A tensor that effects update and that persists between runs (optimiser moments), `[rows, cols]`. */
  state(name: string, rows: number, cols: number): Node;
  /** A tensor written before each run. With `integer` it holds u32 (random keys). */
  input(name: string, shape: Shape, options?: { integer?: boolean }): Node;
  /** A scalar known when the graph is built. */
  constant(value: number): Node;
  /** start + step · i for i = 0 … cols - 1, `[1, cols]`. Masks are comparisons of such rows. */
  ramp(cols: number, start: number, step: number): Node;
}

/** An empty graph. */
export function createGraph(): Graph {
  const store = new NodeStore();
  const operations = Object.fromEntries(
    Object.keys(OPS).map((op) => [op, (...args: unknown[]) => store.emit(op as OpName, args)]),
  );
  const sources: Sources = {
    parameter: (name, rows, cols) => store.source("parameter", name, fixed(rows, cols)),
    state: (name, rows, cols) => store.source("state", name, fixed(rows, cols)),
    input: (name, shape, { integer = false } = {}) =>
      store.source("input", name, shape, { integer }),
    constant: (value) => store.source("constant", `${value}`, SCALAR, { value, step: 0 }),
    ramp: (cols, value, step) =>
      store.source("constant", `${value} + ${step} i, ${cols}`, fixed(1, cols), { value, step }),
  };
  return { ...operations, ...sources, nodes: store.nodes } as unknown as Graph;
}

/** The nodes of a graph, indexed by what they compute. */
class NodeStore {
  readonly nodes: Node[] = [];
  readonly #known = new Map<string, Node>();

  /** `args` are the operands, then the attributes if there are any. */
  emit(op: OpName, args: readonly unknown[]): Node {
    const spec = OPS[op] as unknown as OpSpec<"add">;
    const attrs = (args[spec.arity] ?? {}) as Attributes;
    const given = args.slice(0, spec.arity) as Node[];
    const stretched = spec.infer ? undefined : broadcastShapes(op, given.map(shapeOf));
    const inputs = stretched ? elideBroadcasts(given, stretched) : given;
    const key = `${op} ${inputs.map((node) => node.id)} ${Object.entries(attrs)}`;
    const existing = spec.effect ? undefined : this.#known.get(key);
    if (existing) return existing;
    const shape = stretched ?? spec.infer!(inputs.map(shapeOf) as [Shape, Shape], attrs);
    return this.#append(key, { op, inputs, attrs, shape, name: "" });
  }

  source(kind: SourceKind, name: string, shape: Shape, attrs: Attributes = {}): Node {
    const key = `${kind} ${name}`;
    const existing = this.#known.get(key);
    const same = existing && sameShape(existing.shape, shape) &&
      existing.attrs.integer === attrs.integer;
    if (existing && !same) {
      throw new RangeError(
        `Cannot build graph: ${kind} "${name}" already has another shape or type`,
      );
    }
    return existing ?? this.#append(key, { op: kind, inputs: [], attrs, shape, name });
  }

  #append(key: string, value: Omit<Node, "id">): Node {
    const node: Node = { id: this.nodes.length, ...value };
    this.nodes.push(node);
    this.#known.set(key, node);
    return node;
  }
}

/**
 * If an operation stretches its operands itself, an explicit `broadcast` before it only costs a pass over memory. Uses
 * the source of the broadcast instead, if the result keeps its shape.
 */
function elideBroadcasts(inputs: readonly Node[], shape: Shape): readonly Node[] {
  return inputs.reduce((kept, node, i) => {
    if (node.op !== "broadcast" || node.attrs.mean) return kept;
    const candidate = kept.with(i, node.inputs[0]);
    const narrowed = broadcastShapes("broadcast", candidate.map(shapeOf));
    return sameShape(narrowed, shape) ? candidate : kept;
  }, inputs);
}

function shapeOf({ shape }: Node): Shape {
  return shape;
}
