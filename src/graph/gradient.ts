/**
 * Reverse-mode differentiation, graph to graph: the derivative is more nodes in the same graph.
 *
 * `surrogate` is the node to differentiate, which need not be the reported value (score-function and straight-through
 * estimators differ from their objective). `wrt` may be any nodes. Only nodes between `wrt` and `surrogate` are
 * visited, so derivatives with respect to data are never built.
 */
import { OPS } from "../ops/catalogue.ts";
import type { OpName } from "../ops/names.ts";
import type { Node, OpSpec } from "../ops/spec.ts";
import type { Graph } from "./graph.ts";

/**
 * d surrogate / d wrt[i], each with the shape of wrt[i].
 * @param surrogate a scalar, `[1, 1]`
 * @throws RangeError if `surrogate` is not a scalar, does not depend on `wrt`, or depends on it through an operation
 *   without a derivative
 */
export function gradient(g: Graph, surrogate: Node, wrt: readonly Node[]): Node[] {
  return partialGradient(g, surrogate, wrt, []).map((adjoint, i) => {
    if (adjoint) return adjoint;
    throw new RangeError(`Cannot differentiate: the surrogate does not depend on "${wrt[i].name}"`);
  });
}

/**
 * `gradient` with the values of `held` fixed: dependencies through a held node are not followed, but a held node may
 * itself be in `wrt`. The result is undefined where the surrogate no longer depends on wrt[i].
 * @throws RangeError as `gradient` does
 */
export function partialGradient(
  g: Graph,
  surrogate: Node,
  wrt: readonly Node[],
  held: readonly Node[],
): (Node | undefined)[] {
  if (surrogate.shape.rows !== 1 || surrogate.shape.cols !== 1 || surrogate.shape.batched) {
    throw new RangeError("Cannot differentiate: the surrogate must be a scalar, [1, 1]");
  }
  const fixed = new Set(held.map((node) => node.id));
  const wanted = dependents(g, wrt, fixed);
  const adjoints = new Map<number, Node>([[surrogate.id, g.constant(1)]]);
  for (let id = surrogate.id; id >= 0; id--) {
    const dy = adjoints.get(id);
    const node = g.nodes[id];
    if (dy && wanted.has(id) && !fixed.has(id)) propagate(g, node, dy, wanted, adjoints);
  }
  return wrt.map((node) => adjoints.get(node.id));
}

/** Ids of `roots` and of all nodes computed from them along paths that avoid fixed nodes. */
function dependents(g: Graph, roots: readonly Node[], fixed: ReadonlySet<number>): Set<number> {
  const found = new Set(roots.map((node) => node.id));
  for (const node of g.nodes) {
    if (fixed.has(node.id)) continue;
    if (node.inputs.some((input) => found.has(input.id))) found.add(node.id);
  }
  return found;
}

function propagate(
  g: Graph,
  node: Node,
  dy: Node,
  wanted: ReadonlySet<number>,
  adjoints: Map<number, Node>,
): void {
  if (node.inputs.length === 0) return;
  const { vjp } = OPS[node.op as OpName] as unknown as OpSpec<"add">;
  if (typeof vjp !== "function") {
    throw new RangeError(`Cannot differentiate ${node.op}: ${vjp.notDifferentiable}`);
  }
  const call = { inputs: node.inputs as [Node, Node], attrs: node.attrs, output: node };
  vjp(g, call, dy).forEach((contribution, i) => {
    const input = node.inputs[i];
    if (!contribution || !wanted.has(input.id)) return;
    const earlier = adjoints.get(input.id);
    adjoints.set(input.id, earlier ? g.add(earlier, contribution()) : contribution());
  });
}
