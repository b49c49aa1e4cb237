/** The derivative of every operation against central differences on the float64 reference. */
import assert from "node:assert/strict";
import { OPS } from "../../src/ops/catalogue.ts";
import { OP_NAMES } from "../../src/ops/names.ts";
import { GRADIENT_CASES, type GradientCase } from "./cases.ts";
import { assertGradients } from "./finite_difference.ts";
import { weightedLoss } from "./weighted_loss.ts";

for (const op of OP_NAMES) {
  const cases = GRADIENT_CASES[op] as readonly GradientCase[] | undefined;
  const { vjp } = OPS[op];
  if (typeof vjp !== "function") {
    Deno.test(`${op}() has no derivative and says why`, () => {
      assert.equal(cases, undefined);
      assert.match(vjp.notDifferentiable, /\w+ \w+/);
    });
    continue;
  }
  Deno.test(`${op}() has the derivative of finite differences`, () => {
    assert.ok(cases);
    cases.forEach((each, seed) => {
      const { g, loss, wrt, values, rows, what } = weightedLoss(op, each, seed);
      assertGradients(g, loss, wrt, values, rows, what);
    });
  });
}
