/** The catalogue lists its operations in the order of their opcodes, on which its users rely. */
import { deepEqual } from "node:assert/strict";
import { OPS } from "../../src/ops/catalogue.ts";
import { OP_NAMES } from "../../src/ops/names.ts";

Deno.test("OPS has the operations in the order of OP_NAMES", () => {
  deepEqual(Object.keys(OPS), [...OP_NAMES]);
});
