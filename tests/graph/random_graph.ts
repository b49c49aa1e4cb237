/** Random graphs with every kind of shape: products, sums, stretched operands, views, and a derivative. */
import { HostRandom } from "../../src/core/random/philox.ts";
import { batched, fixed, type Shape } from "../../src/core/shape.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { ACTIVATIONS } from "../../src/ops/names.ts";
import type { Node } from "../../src/ops/spec.ts";

const COLS = 4;

/** Nodes to choose operands from, by their shape relative to `[B, 4]`. */
interface Pool {
  readonly full: Node[];
  readonly row: Node[];
  readonly column: Node[];
}

type Grow = (g: Graph, pool: Pool, pick: (nodes: readonly Node[]) => Node) => void;

/** Ways to add a node to a pool; bounded functions such as tanh keep values within float32. */
const GROWTH: readonly Grow[] = [
  ...ACTIVATIONS.map((kind): Grow => (g, { full }, pick) => {
    full.push(g.activation(pick(full), { kind }));
  }),
  ({ add }, { full }, pick) => void full.push(add(pick(full), pick(full))),
  ({ sub }, { full, row }, pick) => void full.push(sub(pick(full), pick(row))),
  (g, { full, column }, pick) => {
    full.push(g.activation(g.mul(pick(column), pick(full)), { kind: "tanh" }));
  },
  (g, { full }, pick) => void full.push(g.affine(pick(full), { scale: 0.5, offset: 0.1 })),
  ({ stopGradient }, { full }, pick) => void full.push(stopGradient(pick(full))),
  ({ softmaxCols }, { full }, pick) => void full.push(softmaxCols(pick(full))),
  (g, { full, row }, pick) => {
    const weight = g.input("weight", fixed(COLS, COLS));
    full.push(g.dense(pick(full), weight, pick(row), { activation: "tanh" }));
  },
  (g, { full }, pick) => {
    const square = g.matmul(pick(full), pick(full), { transposeA: true, transposeB: false });
    const bounded = g.activation(square, { kind: "tanh" });
    full.push(g.matmul(pick(full), bounded, { transposeA: false, transposeB: true }));
  },
  ({ sumRows }, { full, row }, pick) => void row.push(sumRows(pick(full), { mean: true })),
  (g, { row }, pick) => void row.push(g.mul(pick(row), g.constant(0.5))),
  ({ sumCols }, { full, column }, pick) => void column.push(sumCols(pick(full))),
  ({ logSumExpCols }, { full, column }, pick) => void column.push(logSumExpCols(pick(full))),
  (g, { full, column }, pick) => {
    // [B, 4] viewed as [4B, 1], back as four columns, and one of them.
    const tall = g.affine(g.reshape(pick(full), { ...batched(1, COLS) }), { scale: 1, offset: 1 });
    const wide = g.reshape(tall, { ...batched(COLS) });
    full.push(wide);
    column.push(g.sliceCols(wide, { start: 2, count: 1 }));
  },
  (g, { full }, pick) => {
    const twice = g.mul(g.repeatRows(pick(full), { times: 2 }), g.constant(0.25));
    full.push(g.sumGroups(twice, { size: 2 }));
  },
  (g, { full }, pick) => {
    const joined = g.concatCols(pick(full), pick(full));
    full.push(g.sliceCols(joined, { start: 1, count: COLS }));
  },
];

export interface RandomGraph {
  readonly g: Graph;
  readonly inputs: ReadonlyMap<string, Shape>;
  /** A few values, and the derivative of their sum. */
  readonly outputs: Readonly<Record<string, Node>>;
}

/** A graph of about `size` operations and their derivative, determined by `seed`. */
export function randomGraph(seed: number, size: number): RandomGraph {
  const g = createGraph(), random = new HostRandom(seed, 0, 0);
  const inputs = new Map([["x", batched(COLS)], ["row", fixed(1, COLS)], ["column", batched(1)]]);
  const [x, row, column] = [...inputs].map(([name, shape]) => g.input(name, shape));
  const pool: Pool = { full: [x], row: [row], column: [column] };
  const pick = (nodes: readonly Node[]) => nodes[random.below(nodes.length)];
  for (let i = 0; i < size; i++) GROWTH[random.below(GROWTH.length)](g, pool, pick);
  const weight = g.input("weight", fixed(COLS, COLS));
  const bias = pick(pool.row);
  const last = g.dense(pick(pool.full), weight, bias, { activation: "tanh" });
  const loss = g.sumCols(g.sumRows(g.mul(last, pick(pool.full)), { mean: true }));
  const [dWeight] = gradient(g, loss, [weight]);
  const outputs = { loss, dWeight, full: pick(pool.full), row: pick(pool.row) };
  return { g, inputs: inputs.set("weight", weight.shape), outputs };
}
