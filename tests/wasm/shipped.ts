/** Runs one operation of a shipped build. Its kernels are not exported, so the operation becomes a program. */
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { SCORE_KERNELS } from "../../src/backends/wasm/kernels/score.ts";
import type { KernelBuild } from "../../src/backends/wasm/loader.ts";
import { batched, fixed, sizeAt } from "../../src/core/shape.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";
import type { Node } from "../../src/ops/spec.ts";

/** All builds, by name. */
export const SHIPPED = {
  simd: [FULL_KERNELS, "simd"],
  relaxed: [FULL_KERNELS, "relaxed"],
  "score simd": [SCORE_KERNELS, "simd"],
  "score relaxed": [SCORE_KERNELS, "relaxed"],
} as const satisfies Readonly<Record<string, readonly [typeof FULL_KERNELS, KernelBuild]>>;

export type Shipped = keyof typeof SHIPPED;

/** f of each element of `x`, as a row of the batch. */
export function mapShipped(
  shipped: Shipped,
  x: ArrayLike<number>,
  f: (g: Graph, x: Node) => Node,
): Float32Array {
  // Wide rows, so that few numbers are at the end of one.
  const cols = Math.min(x.length, 1000), rows = Math.ceil(x.length / cols);
  const padded = new Float32Array(rows * cols);
  padded.set(x);
  const out = runShipped(shipped, rows, (g) => f(g, g.input("x", batched(cols))), { x: padded });
  return out.subarray(0, x.length);
}

/** The single output of a graph over `rows` rows. */
function runShipped(
  shipped: Shipped,
  rows: number,
  build: (g: Graph) => Node,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Float32Array {
  const [set, kernels] = SHIPPED[shipped];
  const backend = openWasm(set, { build: kernels }), g = createGraph(), y = build(g);
  const parameters = layOut("parameters", []);
  const planned = plan(g, { outputs: { y }, capacity: rows, parameters });
  const program = backend.compile(planned, { parameters: backend.allocate(0) });
  for (const [name, values] of Object.entries(inputs)) program.write(name, values);
  program.run(rows);
  const out = new Float32Array(sizeAt(y.shape, rows)).fill(NaN);
  program.read("y", out);
  backend.dispose();
  return out;
}

/** Normals `[rows, cols]`. */
export function normalsShipped(
  shipped: Shipped,
  key: readonly number[],
  { rows, cols, stream }: { readonly rows: number; readonly cols: number; readonly stream: number },
): Float32Array {
  const build = (g: Graph) =>
    g.randomNormal(g.input("key", fixed(1, 4), { integer: true }), { ...batched(cols), stream });
  return runShipped(shipped, rows, build, { key });
}
