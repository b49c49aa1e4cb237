/**
 * The `simd` build is derived from the relaxed one: it is valid without relaxed instructions, and rounds products and
 * sums separately. Oracle: arithmetic with u = 2^-12, (1 + u)² - (1 + 2u) = u², which is lost if the product is rounded
 * first.
 */
import { deepEqual, ok, throws } from "node:assert/strict";
import { unfusedSites } from "../../scripts/lib/unfused_sites.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { SCORE_KERNELS } from "../../src/backends/wasm/kernels/score.ts";
import { kernelBytes } from "../../src/backends/wasm/loader.ts";
import { FUSED_MULTIPLY_ADD } from "../../src/backends/wasm/unfused.ts";
import { batched } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";

const U = 2 ** -12;

for (const set of [FULL_KERNELS, SCORE_KERNELS]) {
  const name = set.forwardOnly ? "score" : "full";
  // On a processor without fused multiply-add, the relaxed build rounds separately as well.
  for (const [build, wanted] of [["relaxed", [U * U, 0]], ["simd", [0]]] as const) {
    for (const rows of [1, 9]) {
      Deno.test(`${name}, ${build}, ${rows} rows: (1 + u)² - (1 + 2u) is ${wanted.join(" or ")}`, () => {
        const backend = openWasm(set, { build });
        const layout = layOut("parameters", [
          { name: "w", rows: 2, cols: 8 },
          { name: "b", rows: 1, cols: 8 },
        ]);
        const parameters = backend.allocate(layout.length);
        const weights = [...new Array(8).fill(-(1 + 2 * U)), ...new Array(8).fill(1 + U)];
        parameters.write(layout.places.get("w")!.offset, weights);
        const g = createGraph(), x = g.input("x", batched(2));
        const [w, b] = [g.parameter("w", 2, 8), g.parameter("b", 1, 8)];
        const y = g.dense(x, w, b, { activation: "identity" });
        const request = { outputs: { y }, capacity: rows, parameters: layout };
        const program = backend.compile(plan(g, request), { parameters });
        program.write("x", Array.from({ length: rows }, () => [1, 1 + U]).flat());
        program.run(rows);
        const out = new Float32Array(8 * rows).fill(NaN);
        program.read("y", out);
        for (const value of out) ok(wanted.some((each) => each === value), `${value}`);
        backend.dispose();
      });
    }
  }

  Deno.test(`${name}: the embedded positions are those of the relaxed instructions, and the other build has none`, () => {
    const relaxed = kernelBytes(set, "relaxed"), { functions } = set.unfused;
    deepEqual(unfusedSites(relaxed), set.unfused);
    ok(functions.length > 10, `${functions.length} functions`);
    deepEqual(unfusedSites(kernelBytes(set, "simd")).functions, []);
    throws(() => unfusedSites(relaxed.subarray(0, relaxed.length >> 1)), TypeError);
  });
}

Deno.test("a module in which other bytes look like a relaxed instruction is refused", () => {
  const bytes = kernelBytes(SCORE_KERNELS, "relaxed");
  // v128.const with the same 8 bytes twice: fd0c and 32 hexadecimal digits.
  const [found] = bytes.toHex().matchAll(/(?<=^(?:..)*)fd0c(?=(.{16})\1)/g);
  bytes.set(FUSED_MULTIPLY_ADD, found.index / 2 + 6);
  throws(() => unfusedSites(bytes), { name: "TypeError", message: /look-alike/ });
});
