/**
 * The number of threads changes no bit. Oracle: the same kernels on one thread, which other tests compare with float64,
 * at the sizes at which remainders and tiles end (`sweep.ts`). Every instruction is cut as finely as possible, even if
 * not worth it, so that tiles are everywhere; there may be more threads than processors.
 */
import { deepEqual, equal } from "node:assert/strict";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { OPS } from "../../src/ops/catalogue.ts";
import { OP_NAMES } from "../../src/ops/names.ts";
import { bytesOf, openCrew } from "../util/threads.ts";
import type { CaseGenerator } from "./case.ts";
import { CASES } from "./cases.ts";
import { planCase, runCase } from "./harness.ts";
import { CAPACITY, RUNS } from "./shapes.ts";
import { SIZE_CLASSES, SIZED_OPS, sweep } from "./sweep.ts";

for (const build of ["simd", "relaxed"] as const) {
  Deno.test(`wasm ${build}: every operation gives the same bits on 1, 2 and 3 threads`, async () => {
    const alone = openWasm(FULL_KERNELS, { build });
    const crews = [await openCrew({ build, threads: 2 }), await openCrew({ build, threads: 3 })];
    for (const op of OP_NAMES) {
      const cases = [
        ...(CASES[op] as unknown as CaseGenerator<typeof op>)(),
        ...(SIZED_OPS.includes(op) ? sweep(op, SIZE_CLASSES) : []),
      ];
      for (const [i, given] of cases.entries()) {
        const batched = given.operands.some(({ shape }) => shape.batched);
        const planned = planCase(op, given, OPS[op].inPlace ? i % OPS[op].arity : undefined);
        for (const rows of batched ? RUNS : [CAPACITY]) {
          const want = await runCase(alone, given, planned, rows);
          for (const crew of crews) {
            const got = await runCase(crew, given, planned, rows);
            const what = `${op} case ${i}, ${rows} rows, ${crew.details.threads} threads`;
            deepEqual(got.map(bytesOf), want.map(bytesOf), what);
          }
        }
      }
    }
    deepEqual(crews.map(({ details }) => details.threads), [2, 3]);
    for (const backend of [alone, ...crews]) backend.dispose();
    equal(crews[0].details.threads, 1);
  });
}
