/** Oracle: the errors that this engine throws itself, beside those of the library. */
import assert from "node:assert/strict";
import { isRefusal } from "../../src/core/errors.ts";
import { requireNumber } from "../../src/core/validate.ts";

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

Deno.test("a refusal is told from a fault of the program, also where both begin alike", () => {
  assert.ok(isRefusal(thrownBy(() => requireNumber("rows", "7"))));
  const nothing = undefined as unknown as { x: number }, frozen = Object.freeze([1]) as number[];
  const faults = [
    () => nothing.x,
    () => nothing.x = 1,
    () => (frozen[0] = 2),
    () => frozen.pop(),
  ];
  for (const fault of faults) {
    const error = thrownBy(fault);
    assert.ok(error instanceof TypeError, `${fault}`);
    assert.ok(!isRefusal(error), error.message);
  }
  assert.ok(!isRefusal(new Error("Cannot train")) && !isRefusal("Cannot train"));
});
