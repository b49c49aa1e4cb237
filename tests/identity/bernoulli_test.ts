/**
 * The Bernoulli log-likelihood from logits against its definition where that is accurate, and against its limits
 * elsewhere: x ln σ(l) + (1 - x) ln(1 - σ(l)) is NaN or -Infinity at ±100 in float32.
 */
import assert from "node:assert/strict";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS } from "../util/executors.ts";
import { column, runGraph } from "../util/probe.ts";

/** Targets: binary, and grey values exact in float32. */
const TARGETS = [0, 1, 0.25, 0.625];

function grid(logits: readonly number[]): { x: number[]; logits: number[] } {
  return {
    x: logits.flatMap(() => TARGETS),
    logits: logits.flatMap((logit) => TARGETS.map(() => logit)),
  };
}

for (const executor of EXECUTORS) {
  const run = (inputs: { x: number[]; logits: number[] }) =>
    runGraph(executor, inputs.x.length, (g) => {
      const [x, logits] = [column(g, "x"), column(g, "logits")];
      return {
        logProb: g.bernoulliLogProb(x, logits),
        grad: g.bernoulliLogProbGrad(x, logits, g.constant(1)),
      };
    }, inputs);

  Deno.test(`Bernoulli log-likelihood equals its definition for |l| ≤ 8, on ${executor.label}`, () => {
    const inputs = grid(Array.from({ length: 129 }, (_, i) => (i - 64) / 8));
    const { logProb, grad } = run(inputs);
    inputs.x.forEach((x, i) => {
      const logit = inputs.logits[i], p = 1 / (1 + Math.exp(-logit));
      const definition = x * Math.log(p) + (1 - x) * Math.log(1 - p);
      // In float64, 1 - p of the definition has lost up to 12 bits at l = 8; ours rounds x·l and softplus.
      const lost = 2 ** -53 / Math.min(p, 1 - p);
      const ours = 8 * executor.unitRoundoff * (Math.abs(logit) + 1);
      assertRelative(logProb[i], definition, 4 * lost, ours, `x = ${x}, l = ${logit}`);
      assertRelative(
        grad[i],
        x - p,
        0,
        8 * (executor.unitRoundoff + 2 ** -53),
        `gradient at ${logit}`,
      );
    });
  });

  Deno.test(`Bernoulli log-likelihood is finite and accurate at logits of ±100, on ${executor.label}`, () => {
    const inputs = grid([-100, 100]);
    const { logProb, grad } = run(inputs);
    inputs.x.forEach((x, i) => {
      const logit = inputs.logits[i];
      // softplus(±100) is 100 or e^-100, which is lost in a sum with 100.
      const limit = logit > 0 ? -(1 - x) * 100 : -x * 100;
      assert.ok(Number.isFinite(logProb[i]));
      assertRelative(logProb[i], limit, 4 * executor.unitRoundoff, 1e-40, `x = ${x}, l = ${logit}`);
      const step = logit > 0 ? x - 1 : x;
      assertRelative(
        grad[i],
        step,
        4 * executor.unitRoundoff,
        1e-40,
        `gradient at x = ${x}, l = ${logit}`,
      );
    });
  });
}
