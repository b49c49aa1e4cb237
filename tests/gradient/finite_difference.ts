/**
 * Gradients against central differences in float64, on the reference:
 *
 *   df/dx ≈ (f(x + h) - f(x - h)) / 2h,   h = 6e-6 · max(1, |x|)
 *
 * h is near the cube root of 2^-53, where the truncation error h²/6 · f''' and the rounding error 2^-53 · f / h are
 * both about 1e-11 for functions of order one.
 */
import assert from "node:assert/strict";
import { openReference } from "../util/reference.ts";
import { sizeAt } from "../../src/core/shape.ts";
import { gradient } from "../../src/graph/gradient.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import type { Node } from "../../src/ops/spec.ts";

const STEP = 6e-6;
/** Far above the error of the difference, far below the effect of any wrong term. */
const RELATIVE = 1e-6, ABSOLUTE = 1e-8;

/** No parameters: everything is an input, so that it can be varied. */
const NOTHING = { length: 0, places: new Map() };

/** Values of the inputs by name, for the rows of the run. */
export type Values = Readonly<Record<string, readonly number[]>>;

/** Runs the graph over `rows` batch rows, planned for one more, and returns the named outputs. */
export function evaluator(
  g: Graph,
  outputs: Readonly<Record<string, Node>>,
  rows: number,
): (values: Values) => Record<string, Float64Array> {
  const backend = openReference();
  const compiled = plan(g, { outputs, capacity: rows + 1, parameters: NOTHING });
  const program = backend.compile(compiled, { parameters: backend.allocate(0) });
  return (values) => {
    for (const name of compiled.inputs.keys()) program.write(name, values[name]);
    program.run(rows);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { shape }]) => {
        const result = new Float64Array(sizeAt(shape, rows));
        program.read(name, result);
        return [name, result];
      }),
    );
  };
}

/** Asserts the gradient of `loss` with respect to every element of the inputs `wrt`. */
export function assertGradients(
  g: Graph,
  loss: Node,
  wrt: readonly Node[],
  values: Values,
  rows: number,
  what: string,
): void {
  const adjoints = gradient(g, loss, wrt);
  adjoints.forEach((node, i) => assert.deepEqual(node.shape, wrt[i].shape, `${what}: shape`));
  const named = Object.fromEntries(adjoints.map((node, i) => [wrt[i].name, node]));
  const gradients = evaluator(g, named, rows)(values);
  const evaluate = evaluator(g, { loss }, rows);
  for (const { name } of wrt) {
    gradients[name].forEach((actual, i) => {
      const x = values[name][i];
      const h = STEP * Math.max(1, Math.abs(x));
      const at = (moved: number) =>
        evaluate({ ...values, [name]: values[name].with(i, moved) }).loss[0];
      const expected = (at(x + h) - at(x - h)) / ((x + h) - (x - h));
      const close = Math.abs(actual - expected) <= RELATIVE * Math.abs(expected) + ABSOLUTE;
      assert.ok(close, `${what}: d/d${name}[${i}] is ${actual}, differences say ${expected}`);
    });
  }
}
