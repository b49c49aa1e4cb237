/**
 * Consecutive dense layers on the same rows share packed rows (ADR 69). They have the bits of each layer alone, in one
 * block or several, and the rows of a later layer or run are packed again.
 */
import { deepEqual } from "node:assert/strict";
import type { Backend } from "../../src/backends/backend.ts";
import { openWasm as open, type WasmProgram } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { batched } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";
import { bytesOf, openCrew } from "../util/threads.ts";
import { numbers } from "./debug_kernels.ts";

const CAPACITY = 150, WIDTH = 24;
const HEADS = ["mean", "logVar", "third"] as const;
type Output = typeof HEADS[number] | "next";

/** Three heads on x, followed by a layer on other rows; or one of these layers alone. */
function openNetwork(backend: Backend<WasmProgram>, inner: number, only?: Output) {
  const matrices = [
    ...HEADS.map((name) => ({ name, rows: inner, cols: WIDTH })),
    { name: "next", rows: WIDTH, cols: WIDTH },
    { name: "bias", rows: 1, cols: WIDTH },
  ];
  const parameters = layOut("parameters", matrices);
  const segment = backend.allocate(parameters.length);
  segment.write(0, numbers(parameters.length, 4));
  const g = createGraph(), x = g.input("x", batched(inner)), bias = g.parameter("bias", 1, WIDTH);
  const none = { activation: "identity" } as const;
  const heads = HEADS.map((name) => g.dense(x, g.parameter(name, inner, WIDTH), bias, none));
  const next = g.dense(heads[2], g.parameter("next", WIDTH, WIDTH), bias, none);
  const all = { mean: heads[0], logVar: heads[1], third: heads[2], next };
  const outputs = only ? { [only]: all[only] } : all;
  const planned = plan(g, { outputs, capacity: CAPACITY, parameters });
  const program = backend.compile(planned, { parameters: segment });
  return (values: Float32Array, output: Output) => {
    const rows = values.length / inner, out = new Float32Array(rows * WIDTH);
    program.write("x", values);
    program.run(rows);
    program.read(output, out);
    return bytesOf(out);
  };
}

for (const build of ["simd", "relaxed"] as const) {
  for (const threads of [1, 2]) {
    Deno.test(`${build}, ${threads} threads: layers on the same rows have the bits of each alone`, async () => {
      const alone = open(FULL_KERNELS, { build });
      const backend = threads === 1
        ? open(FULL_KERNELS, { build })
        : await openCrew({ build, threads });
      for (const inner of [WIDTH, 130, 700, 801]) {
        const together = openNetwork(backend, inner);
        for (const name of [...HEADS, "next"] as const) {
          const oracle = openNetwork(alone, inner, name);
          for (const rows of [7, 8, 13, 64, 65, 150]) {
            for (const seed of [1, 2]) {
              const x = numbers(rows * inner, seed);
              const what = `${name} of ${rows} rows of ${inner}`;
              deepEqual(together(x, name), oracle(x, name), what);
            }
          }
        }
      }
      alone.dispose();
      backend.dispose();
    });
  }
}
