/**
 * No kernel reads or writes outside its operands. Cases of every operation get random sizes (seeded), and each case
 * runs once for each of its operands with that operand at the end of the memory (`borders.ts`). Results must have the
 * same bits wherever the operands are.
 */
import { ok, throws } from "node:assert/strict";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { type KernelExports, loadKernels } from "../../src/backends/wasm/loader.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { OPS } from "../../src/ops/catalogue.ts";
import { OP_NAMES, type OpName } from "../../src/ops/names.ts";
import {
  anywhere,
  CASES_EACH,
  encoded,
  keyOf,
  openWithRoom,
  operandsOf,
  runWith,
} from "./borders.ts";
import type { Case, CaseGenerator } from "./case.ts";
import { CASES } from "./cases.ts";
import { planCase } from "./harness.ts";
import { drawSize, resized } from "./resize.ts";
import { CAPACITY } from "./shapes.ts";

function checkBorders(op: OpName, kernels: KernelExports): void {
  const random = new HostRandom(OP_NAMES.indexOf(op), 7, 0);
  const cases = (CASES[op] as unknown as CaseGenerator<OpName>)();
  let found = 0;
  for (let tries = 0; found < CASES_EACH; tries++) {
    ok(tries < 100 * CASES_EACH, `${op}: few of its cases can be resized`);
    // Some operations restrict sizes, so some sizes sometimes stay as they are.
    const sizeOf = (size: number) => random.below(3) === 0 ? size : drawSize(random);
    const given = resized(op, cases[random.below(cases.length)], sizeOf, random);
    if (!given) continue;
    found++;
    const planned = planCase(op, given), rows = 1 + random.below(CAPACITY);
    const held = operandsOf(op, given, planned, rows);
    const shapes = given.operands.map(({ shape }) => JSON.stringify(shape)).join(", ");
    try {
      anywhere(kernels, encoded(planned), held, rows);
    } catch (error) {
      const what = `${op} of ${shapes} ${JSON.stringify(given.attrs)}, B = ${rows}`;
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  }
}

for (const build of ["simd", "relaxed"] as const) {
  const kernels = openWithRoom(loadKernels(FULL_KERNELS, build).module);
  for (const op of OP_NAMES.filter((op) => !OPS[op].view)) {
    Deno.test(`${build}: ${op}() stays within its operands`, () => checkBorders(op, kernels));
  }
}

Deno.test("a run that reads or writes one element too far is detected", () => {
  const kernels = openWithRoom(loadKernels(FULL_KERNELS, "simd").module);
  const [given] = (CASES.exp as unknown as CaseGenerator<"exp">)();
  const operands = [{ ...given.operands[0], shape: { rows: 1, cols: 8, batched: false } }];
  const planned = planCase("exp", { ...given, operands } as unknown as Case);
  const encode = encoded(planned);
  const words = new Uint32Array(8), short = new Uint32Array(7);
  const { plan: { inputs, instructions: [{ output }] } } = planned;
  const x = { key: keyOf(inputs.get("operand 0")!), words, written: false };
  const y = { key: keyOf(output), words, written: true };
  runWith(kernels, encode, [x, y], 1);
  throws(
    () => runWith(kernels, encode, [{ ...x, words: short }, y], 1, 0),
    WebAssembly.RuntimeError,
  );
  throws(
    () => runWith(kernels, encode, [x, { ...y, words: short }], 1, 1),
    WebAssembly.RuntimeError,
  );
  throws(() => runWith(kernels, encode, [x, { ...y, words: short }], 1), /it is no operand's/);
  const results = runWith(kernels, encode, [{ ...x, words: short }, y], 1);
  ok(Number.isNaN(new Float32Array(results[1].buffer)[7]), "a guard read is NaN in the result");
});
