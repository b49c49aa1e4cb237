/** The suite detects the faults that it exists for: a reference backend with a fault does not pass. */
import assert from "node:assert/strict";
import type { Backend, SyncProgram } from "../../src/backends/backend.ts";
import type { ReferenceProgram } from "../../src/backends/reference/backend.ts";
import { openReference } from "../util/reference.ts";
import { batched, sizeAt } from "../../src/core/shape.ts";
import type { Place } from "../../src/graph/plan.ts";
import { assertConforms } from "./conformance.ts";
import { EXACT, ROUNDED, ulps } from "./case.ts";
import { MODERATE, operand } from "./values.ts";

type Fault = (scratch: Float64Array, output: Place, rows: number) => void;

/** A reference backend whose runs end with a fault. */
function faulty(fault: Fault): Backend<SyncProgram> {
  const backend = openReference();
  const compile = (...args: Parameters<typeof backend.compile>): ReferenceProgram => {
    const program = backend.compile(...args);
    const run = (rows: number) => {
      program.run(rows);
      fault(program.scratch(), program.plan.outputs.get("output")!, rows);
    };
    return { ...program, run };
  };
  return { ...backend, compile };
}

const x = operand(batched(3), MODERATE, 1), y = operand(batched(3), MODERATE, 2);

async function conforms(fault: Fault, tolerance = ROUNDED): Promise<boolean> {
  const given = { operands: [x, y], attrs: {}, tolerances: [tolerance] };
  try {
    await assertConforms("add", given, 0, faulty(fault), openReference());
    return true;
  } catch (error) {
    assert.match((error as Error).message, /^add case 0: \[B, 3\], \[B, 3\] \{\}, B = /);
    return false;
  }
}

Deno.test("a run without a fault passes", async () => {
  assert.ok(await conforms(() => {}));
  assert.ok(await conforms(() => {}, EXACT));
});

Deno.test("a write past the last element, or past the last row of a partial batch, is detected", async () => {
  const past = (distance: number): Fault => (scratch, { offset, shape }, rows) => {
    scratch[offset + sizeAt(shape, rows) + distance] = 0;
  };
  assert.equal(await conforms(past(0)), false);
  assert.equal(await conforms(past(63)), false);
});

Deno.test("a wrong element, an element that is not written and a stray NaN are detected", async () => {
  const last = (change: (value: number) => number): Fault => (scratch, { offset, shape }, rows) => {
    const index = offset + sizeAt(shape, rows) - 1;
    scratch[index] = change(scratch[index]);
  };
  assert.equal(await conforms(last((value) => value * (1 + 2 ** -22))), false);
  assert.equal(await conforms(last((value) => value * (1 + 2 ** -22)), ulps(4)), true);
  assert.equal(await conforms(last(() => NaN), ulps(4)), false);
  assert.equal(await conforms(last(() => Infinity), ulps(4)), false);
});
