/** A scalar to differentiate for each gradient case, by differences or on another backend. */
import { HostRandom } from "../../src/core/random/philox.ts";
import { showShape, sizeAt } from "../../src/core/shape.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import type { OpName } from "../../src/ops/names.ts";
import type { Node } from "../../src/ops/spec.ts";
import type { GradientCase, Range } from "./cases.ts";
import type { Values } from "./finite_difference.ts";

/** One less than the plan's capacity. */
const ROWS = 2;

/** A graph with something to differentiate. */
export interface Differentiable {
  readonly g: Graph;
  readonly loss: Node;
  /** The inputs to differentiate by. */
  readonly wrt: readonly Node[];
  readonly values: Values;
  readonly rows: number;
  readonly what: string;
}

/** The loss is Σ w·y with random weights w, so that every element of y has its own derivative. */
export function weightedLoss(
  op: OpName,
  { shapes, ranges, attrs, wrt }: GradientCase,
  seed: number,
): Differentiable {
  const g = createGraph();
  const random = new HostRandom(seed, 0, 0);
  const operands = shapes.map((shape, i) => g.input(`operand${i}`, shape));
  const result = (g[op] as (...args: unknown[]) => Node)(...operands, attrs);
  const weights = g.input("weights", result.shape);
  const loss = g.sumRows(g.sumCols(g.mul(result, weights)), { mean: false });
  const drawn = operands.map((
    { name, shape },
    i,
  ) => [name, draw(random, ranges[i], sizeAt(shape, ROWS))]);
  const values = Object.fromEntries([
    ...drawn,
    ["weights", draw(random, [[-1, 1]], sizeAt(result.shape, ROWS))],
  ]);
  const what = `${op} ${seed}: ${shapes.map(showShape).join(", ")} ${JSON.stringify(attrs)}`;
  const moved = (wrt ?? operands.keys().toArray()).map((i) => operands[i]);
  return { g, loss, wrt: moved, values, rows: ROWS, what };
}

function draw(random: HostRandom, range: Range, count: number): number[] {
  return Array.from({ length: count }, () => {
    const [low, high] = range[random.below(range.length)];
    return low + (high - low) * random.uniformF64();
  });
}
