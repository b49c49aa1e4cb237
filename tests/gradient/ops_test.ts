/** Every derivative of the catalogue against central differences on the float64 reference. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/philox.ts";
import { showShape, sizeAt } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { OPS } from "../../src/ops/catalogue.ts";
import { OP_NAMES, type OpName } from "../../src/ops/names.ts";
import type { Node } from "../../src/ops/spec.ts";
import { GRADIENT_CASES, type GradientCase, type Range } from "./cases.ts";
import { assertGradients } from "./finite_difference.ts";

/** One less than the plan's capacity. */
const ROWS = 2;

for (const op of OP_NAMES) {
  const cases = GRADIENT_CASES[op] as readonly GradientCase[] | undefined;
  const { vjp } = OPS[op];
  if (typeof vjp !== "function") {
    Deno.test(`${op}() has no derivative and says why`, () => {
      assert.equal(cases, undefined);
      assert.match(vjp.notDifferentiable, /\w+ \w+/);
    });
    continue;
  }
  Deno.test(`${op}() has the derivative that differences say`, () => {
    assert.ok(cases);
    cases.forEach((each, seed) => checkCase(op, each, seed));
  });
}

/** The loss is Σ w·y with random weights w, so that every element of y has its own derivative. */
function checkCase(op: OpName, { shapes, ranges, attrs, wrt }: GradientCase, seed: number): void {
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
  assertGradients(g, loss, moved, values, ROWS, what);
}

function draw(random: HostRandom, range: Range, count: number): number[] {
  return Array.from({ length: count }, () => {
    const [low, high] = range[random.below(range.length)];
    return low + (high - low) * random.uniformF64();
  });
}
