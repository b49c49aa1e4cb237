/**
 * Every kernel at every size from 1 to 70, in rows, columns and attributes that are sizes, in both shipped builds.
 * Oracle: the float64 reference, within the tolerance of the case. `products_test.ts` covers products.
 */
import { openReference } from "../util/reference.ts";
import { openWasm } from "../util/wasm.ts";
import { assertConforms } from "./conformance.ts";
import { EVERY_SIZE, SIZED_OPS, sweep } from "./sweep.ts";

const PRODUCTS = ["dense", "matmul"];

for (const build of ["simd", "relaxed"] as const) {
  for (const op of SIZED_OPS.filter((op) => !PRODUCTS.includes(op))) {
    Deno.test(`wasm ${build}: ${op}() is right at every size`, async () => {
      const backend = openWasm({ build }), oracle = openReference();
      for (const [i, given] of sweep(op, EVERY_SIZE).entries()) {
        await assertConforms(op, given, i, backend, oracle);
      }
      for (const each of [backend, oracle]) each.dispose();
    });
  }
}
