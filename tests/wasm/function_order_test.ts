/**
 * The order of a module's functions changes only how well it compresses. Oracle: the original module, its exports, and
 * the bits that a program computes with it.
 */
import { deepEqual, equal, notDeepEqual, ok, throws } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { compressible } from "../../scripts/lib/function_order.ts";
import { unfusedSites } from "../../scripts/lib/unfused_sites.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { kernelBytes, type KernelSet } from "../../src/backends/wasm/loader.ts";
import { batched } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";
import { bytesOf } from "../util/threads.ts";
import { numbers } from "./debug_kernels.ts";

const ROWS = 17;

/** Results of a program that calls many functions. */
function outputOf(set: KernelSet): Uint8Array {
  const backend = openWasm(set, { build: "relaxed" }), g = createGraph();
  const layout = layOut("parameters", [
    { name: "w", rows: 9, cols: 21 },
    { name: "b", rows: 1, cols: 21 },
  ]);
  const parameters = backend.allocate(layout.length);
  parameters.write(0, numbers(layout.length, 1));
  const [w, b] = [g.parameter("w", 9, 21), g.parameter("b", 1, 21)];
  const hidden = g.dense(g.input("x", batched(9)), w, b, { activation: "tanh" });
  const y = g.logSumExpCols(g.gaussianKl(hidden, g.clamp(hidden, { low: -1, high: 0.5 })));
  const request = { outputs: { y }, capacity: ROWS, parameters: layout };
  const program = backend.compile(plan(g, request), { parameters });
  program.write("x", numbers(9 * ROWS, 2));
  program.run(ROWS);
  const out = new Float32Array(ROWS);
  program.read("y", out);
  backend.dispose();
  return bytesOf(out);
}

Deno.test("functions in another order compute the same bits and compress better", () => {
  const module = kernelBytes(FULL_KERNELS, "relaxed");
  const moved = compressible(module, 100);
  notDeepEqual(moved, module);
  equal(moved.length, module.length);
  const names = (bytes: Uint8Array<ArrayBuffer>) =>
    WebAssembly.Module.exports(new WebAssembly.Module(bytes));
  deepEqual(names(moved), names(module));
  const weight = (bytes: Uint8Array) => gzipSync(bytes.toHex()).length;
  const before = weight(compressible(module, 0)), after = weight(moved);
  ok(after < before, `${after} bytes where ${before} were before`);
  const set = { ...FULL_KERNELS, hex: moved.toHex(), unfused: unfusedSites(moved) };
  deepEqual(outputOf(set), outputOf(FULL_KERNELS));
});

Deno.test("a truncated module is refused", () => {
  const module = kernelBytes(FULL_KERNELS, "relaxed");
  throws(() => compressible(module.slice(0, module.length >> 1)), TypeError);
});
