/** One operation on given numbers, computed by the float64 reference. */
import { openReference } from "../util/reference.ts";
import { fixed, type Shape, sizeAt } from "../../src/core/shape.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import type { Node } from "../../src/ops/spec.ts";

const NOTHING = { length: 0, places: new Map() };

/** A matrix of rows of numbers, u32 if `integer`. */
export interface Given {
  readonly shape: Shape;
  readonly values: readonly number[];
  readonly integer?: boolean;
}

export function matrix(...rows: readonly (readonly number[])[]): Given {
  return { shape: fixed(rows.length, rows[0].length), values: rows.flat() };
}

/** Evaluates `build` on matrices; the batch, if any, has `batchRows` rows. */
export function evaluate(
  given: readonly Given[],
  build: (g: Graph, ...nodes: Node[]) => Node,
  batchRows = 1,
): number[] {
  const g = createGraph();
  const nodes = given.map(({ shape, integer }, i) => g.input(`${i}`, shape, { integer }));
  const output = build(g, ...nodes);
  const backend = openReference();
  const compiled = plan(g, { outputs: { output }, capacity: batchRows, parameters: NOTHING });
  const program = backend.compile(compiled, { parameters: backend.allocate(0) });
  for (const [i, { values }] of given.entries()) {
    if (compiled.inputs.has(`${i}`)) program.write(`${i}`, values);
  }
  program.run(batchRows);
  const result = new Float64Array(sizeAt(output.shape, batchRows));
  program.read("output", result);
  return [...result];
}
