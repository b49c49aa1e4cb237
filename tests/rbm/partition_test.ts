/**
 * Annealed importance sampling against the exact ln Z of machines that can be enumerated: within three of its stated
 * standard errors, and unbiased in Z for any number of temperatures.
 */
import assert from "node:assert/strict";
import { Rbm } from "../../src/training/rbm/rbm.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";
import { build, logPartition, machine } from "./oracle.ts";

/** Rows whose means differ from the machine's, because any start must work. */
const BASE = [[1, 1, 0, 1, 0, 0], [1, 0, 0, 1, 1, 0], [1, 1, 1, 0, 0, 0]];

for (const executor of EXECUTORS) {
  Deno.test(`${executor.label}: annealing finds ln Z within three standard errors`, async () => {
    for (const [visible, hidden, seed] of [[6, 6, 1], [6, 3, 2], [12, 4, 3]]) {
      const parameters = machine(visible, hidden, seed), want = logPartition(parameters);
      const rbm = build(parameters, deviceOf(executor));
      for (const base of visible === 6 ? [undefined, BASE] : [undefined]) {
        const options = { method: "ais", temperatures: 100, chains: 200, seed, base } as const;
        const { logPartition: got, standardError, method } = await rbm.logPartition(options);
        assert.equal(method, "ais");
        assert.ok(standardError > 0 && standardError < 0.1, `standard error ${standardError}`);
        const off = Math.abs(got - want) / standardError;
        assert.ok(off < 3, `${visible} x ${hidden}: ${off} standard errors off`);
      }
      rbm.dispose();
    }
  });
}

Deno.test("few temperatures estimate Z without bias, many with less noise", async () => {
  const parameters = machine(5, 4, 5, 0.7), rbm = build(parameters);
  const exact = logPartition(parameters);
  const errors: number[] = [];
  for (const temperatures of [1, 2, 5, 50]) {
    const ratios: number[] = [], stated: number[] = [];
    for (let seed = 0; seed < 200; seed++) {
      const options = { method: "ais", temperatures, chains: 50, seed, base: undefined } as const;
      const { logPartition: got, standardError } = await rbm.logPartition(options);
      ratios.push(Math.exp(got - exact));
      stated.push(standardError);
    }
    const { mean, standardError } = estimate(ratios);
    const off = Math.abs(mean - 1) / standardError;
    assert.ok(off < STANDARD_ERRORS, `${temperatures} temperatures: ${mean}, ${off} errors off`);
    errors.push(standardError);
    // The stated error is that of one estimate: the spread of 200 of them, within some tenths.
    const spread = standardError * Math.sqrt(ratios.length), typical = estimate(stated).mean;
    assert.ok(spread / typical > 0.7 && spread / typical < 1.4, `${spread} against ${typical}`);
  }
  assert.ok(errors.every((error, i) => i === 0 || error < errors[i - 1]), `${errors}`);
  rbm.dispose();
});

Deno.test("if the start is the machine itself, there is nothing to anneal", async () => {
  // Without weights and hidden biases, p_0 = p_1 once the base has the visible biases: all weights are equal.
  const parameters = {
    weight: new Float64Array(18),
    "visible.bias": Float64Array.from(
      [3, 1, 0, 2, 0, 0],
      (ones) => Math.log((ones + 0.5) / (3.5 - ones)),
    ),
    "hidden.bias": new Float64Array(3),
  };
  const rbm = build(parameters, { backend: "reference" });
  const rows = [[1, 1, 0, 1, 0, 0], [1, 0, 0, 1, 0, 0], [1, 0, 0, 0, 0, 0]];
  const options = { method: "ais", base: rows, temperatures: 3 } as const;
  const { logPartition: got, standardError } = await rbm.logPartition(options);
  // The base is float32.
  assert.ok(standardError < 1e-6 && Math.abs(got - logPartition(parameters)) < 1e-5);
  rbm.dispose();
});

Deno.test("ln Z is refused where it cannot be computed, and can be cancelled", async () => {
  const rbm = Rbm.create({ visible: 21, hidden: 30 });
  await assert.rejects(
    rbm.logPartition({ method: "exact" }),
    /at most 20 units, got 21/,
  );
  await assert.rejects(rbm.logPartition({ chains: 1 }), /RangeError: Cannot read chains/);
  await assert.rejects(
    rbm.logPartition({ signal: AbortSignal.abort(new Error("enough")) }),
    /enough/,
  );
  assert.equal((await rbm.logPartition({ temperatures: 5 })).method, "ais");
  rbm.dispose();
});
