/**
 * Squared norms that add to those before them (norm_sums.ts): when plans are changed, and that no bit is. Oracle: the
 * plan as it was.
 */
import { deepEqual, equal } from "node:assert/strict";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { withNormSums } from "../../src/backends/wasm/rewrites/norm_sums.ts";
import { fixed } from "../../src/core/shape.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";
import { sum } from "../../src/ops/shorthand.ts";
import type { Node } from "../../src/ops/spec.ts";
import { bytesOf } from "../util/threads.ts";
import { numbers } from "./debug_kernels.ts";

const SIZES = [1, 5, 16, 33];
const NOTHING = { length: 0, places: new Map() };

/** Four inputs, and outputs made of their squared norms. */
function normsPlan(build: (g: Graph, norms: readonly Node[]) => Record<string, Node>): Plan {
  const g = createGraph();
  const norms = SIZES.map((size) => g.squaredNorm(g.input(`x${size}`, fixed(1, size))));
  return plan(g, { outputs: build(g, norms), capacity: 1, parameters: NOTHING });
}

const countOf = (planned: Plan) => withNormSums(planned).instructions.length;

Deno.test("a sum of squared norms has an instruction for each of them, and the same bits", () => {
  const planned = normsPlan((g, norms) => ({ norm: sum(g, norms) }));
  equal(planned.instructions.length, 7);
  equal(countOf(planned), 4);
  const results = [undefined, withNormSums].map((arrange) => {
    const backend = openWasm({ ...FULL_KERNELS, arrange });
    const program = backend.compile(planned, { parameters: backend.allocate(0) });
    SIZES.forEach((size, i) => program.write(`x${size}`, numbers(size, i)));
    program.run(1);
    const norm = new Float32Array(1);
    program.read("norm", norm);
    backend.dispose();
    return bytesOf(norm);
  });
  deepEqual(results[1], results[0]);
});

Deno.test("a squared norm stays if something else needs it, or what it is added to is no number", () => {
  equal(countOf(normsPlan((g, norms) => ({ norm: sum(g, norms), last: norms[3] }))), 5);
  equal(countOf(normsPlan((g, [a, b]) => ({ twice: g.add(a, a), y: g.mul(b, b) }))), 4);
  const g = createGraph(), x = g.input("x", fixed(1, 3));
  const row = g.add(x, g.squaredNorm(x));
  equal(countOf(plan(g, { outputs: { row }, capacity: 1, parameters: NOTHING })), 2);
});
