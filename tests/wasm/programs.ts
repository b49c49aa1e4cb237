/** A small network on a WebAssembly backend, for tests of its memory. */
import type { Backend, Segment } from "../../src/backends/backend.ts";
import type { WasmProgram } from "../../src/backends/wasm/backend.ts";
import { batched } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";

export const INPUTS = 5;
export const OUTPUTS = 3;

const PARAMETERS = [
  { name: "weight", rows: INPUTS, cols: OUTPUTS },
  { name: "bias", rows: 1, cols: OUTPUTS },
];
export const LAYOUT = layOut("parameters", PARAMETERS);

/** y = relu(2 x · W + b), and an intermediate constant. */
export function networkPlan(capacity: number): Plan {
  const g = createGraph();
  const [weight, bias] = PARAMETERS.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const x = g.mul(g.input("x", batched(INPUTS)), g.constant(2));
  const y = g.dense(x, weight, bias, { activation: "relu" });
  return plan(g, { outputs: { y }, capacity, parameters: LAYOUT });
}

/** A segment with all elements of W equal to `weight`, and all of b equal to 1. */
export function parameters(backend: Backend<WasmProgram>, weight: number): Segment {
  const segment = backend.allocate(LAYOUT.length);
  PARAMETERS.forEach(({ name, rows, cols }, i) => {
    const values = new Float32Array(rows * cols).fill(i === 0 ? weight : 1);
    segment.write(LAYOUT.places.get(name)!.offset, values);
  });
  return segment;
}

/** y for a row in which every element is `x`. */
export function expectedY(x: number, weight: number): number {
  return Math.max(2 * x * INPUTS * weight + 1, 0);
}
