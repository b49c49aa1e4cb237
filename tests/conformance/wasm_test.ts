/**
 * The WebAssembly builds against the float64 reference: all kernels, and those for scoring alone, which refuse what
 * they lack by name and run everything else.
 */
import { throws } from "node:assert/strict";
import { openWasm as open } from "../../src/backends/wasm/backend.ts";
import { SCORE_KERNELS } from "../../src/backends/wasm/kernels/score.ts";
import { isTrainingOp, OP_NAMES, type OpName, TRAINING_OPS } from "../../src/ops/names.ts";
import { openWasm } from "../util/wasm.ts";
import type { CaseGenerator } from "./case.ts";
import { CASES } from "./cases.ts";
import { runConformance } from "./conformance.ts";
import { planCase } from "./harness.ts";

const FORWARD_OPS = OP_NAMES.filter((op) => !isTrainingOp(op));

for (const build of ["simd", "relaxed"] as const) {
  runConformance(`wasm ${build}`, () => openWasm({ build }));
  runConformance(`wasm score ${build}`, () => open(SCORE_KERNELS, { build }), FORWARD_OPS);
}

for (const op of TRAINING_OPS) {
  Deno.test(`the score build refuses ${op}() when it is compiled`, () => {
    const backend = open(SCORE_KERNELS);
    const [given] = (CASES[op] as unknown as CaseGenerator<OpName>)();
    const { plan, parameters, state } = planCase(op, given);
    const segments = {
      parameters: backend.allocate(parameters.length),
      state: backend.allocate(state.length),
    };
    throws(() => backend.compile(plan, segments), {
      name: "RangeError",
      message: `Cannot compile ${op}: training needs all kernels: these are the score build`,
    });
    backend.dispose();
  });
}
