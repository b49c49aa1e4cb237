/**
 * Free energies, conditionals, draws and ln Z of small Boltzmann machines against enumeration of joint states
 * (`oracle.ts`), and against the closed form of a machine without weights.
 */
import assert from "node:assert/strict";
import { logSumExp, sigmoid, softplus } from "../../src/core/stable.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { STANDARD_ERRORS } from "../util/statistics.ts";
import {
  build,
  distribution,
  energy,
  freeEnergy,
  logPartition,
  machine,
  states,
} from "./oracle.ts";

const SIZES = [[1, 1], [5, 3], [3, 6], [4, 4]] as const;

for (const executor of EXECUTORS) {
  // Sums of up to 40 terms of up to 3 each, and softplus within 6 ULP.
  const tolerance = 60 * 3 * executor.unitRoundoff;

  Deno.test(`${executor.label}: F(v), p(h | v), p(v | h) and ln Z are those of joint states`, async () => {
    for (const [visible, hidden] of SIZES) {
      const parameters = machine(visible, hidden, visible + hidden);
      const rbm = build(parameters, deviceOf(executor));
      const vs = states(visible), hs = states(hidden), what = `${visible} x ${hidden}`;
      const energies = vs.map((v) => freeEnergy(parameters, v));
      assertRelative(await rbm.freeEnergy(vs), energies, 0, tolerance, `${what}: F`);
      const up = vs.flatMap((v) => {
        return Array.from({ length: hidden }, (_, j) => {
          const total = freeEnergy(parameters, v);
          return hs.reduce((sum, h) => sum + h[j] * Math.exp(total - energy(parameters, v, h)), 0);
        });
      });
      assertRelative(
        (await rbm.encode(vs)).data,
        up,
        0,
        Math.max(tolerance, 1e-6),
        `${what}: p(h|v)`,
      );
      const down = hs.flatMap((h) => {
        const weights = vs.map((v) => -energy(parameters, v, h)), total = logSumExp(weights);
        return Array.from({ length: visible }, (_, i) => {
          return vs.reduce((sum, v, s) => sum + v[i] * Math.exp(weights[s] - total), 0);
        });
      });
      assertRelative(
        (await rbm.decode(hs)).data,
        down,
        0,
        Math.max(tolerance, 1e-6),
        `${what}: p(v|h)`,
      );
      const { logPartition: got, standardError, method } = await rbm.logPartition();
      assert.deepEqual([standardError, method], [0, "exact"]);
      assertRelative(got, logPartition(parameters), 0, tolerance, `${what}: ln Z`);
      const logs = await rbm.logLikelihood(vs);
      assertRelative(logSumExp(logs), 0, 0, 2 * tolerance, `${what}: probabilities sum to one`);
      rbm.dispose();
    }
  });
}

Deno.test("a machine without weights has independent bits", async () => {
  const parameters = { ...machine(5, 4, 1), weight: new Float64Array(20) };
  const rbm = build(parameters, { backend: "reference" });
  const b = parameters["visible.bias"], c = parameters["hidden.bias"];
  const sum = (values: Float64Array) => values.reduce((total, value) => total + softplus(value), 0);
  const { logPartition: got } = await rbm.logPartition();
  assertRelative(got, sum(b) + sum(c), 1e-14);
  const row = [1, 0, 0, 1, 1];
  const want = row.reduce((total, bit, i) => total + Math.log(sigmoid(bit ? b[i] : -b[i])), 0);
  assertRelative(await rbm.logLikelihood([row]), [want], 1e-13);
  rbm.dispose();
});

Deno.test("reconstruct() is decode() of encode()", async () => {
  const rbm = build(machine(5, 3, 2));
  const rows = states(5);
  const there = await rbm.reconstruct(rows);
  assert.deepEqual(there, await rbm.decode(await rbm.encode(rows)));
  rbm.dispose();
});

Deno.test("draws have the machine's distribution, wherever chains begin", async () => {
  const parameters = machine(4, 3, 7), want = distribution(parameters);
  const rbm = build(parameters), count = 20_000;
  const ones = { data: new Float32Array(4 * count).fill(1), shape: [count, 4] as const };
  for (const start of [undefined, ones]) {
    // With weights of size one, chains forget their start within a few sweeps.
    const { data } = await rbm.sample(count, { sweeps: 30, seed: 3, start });
    const counts = new Array<number>(16).fill(0);
    for (let r = 0; r < count; r++) {
      counts[data.subarray(4 * r, 4 * r + 4).reduce((sum, bit, i) => sum + bit * 2 ** i, 0)]++;
    }
    counts.forEach((each, s) => {
      const error = Math.sqrt(want[s] * (1 - want[s]) / count);
      const off = Math.abs(each / count - want[s]) / error;
      assert.ok(off < STANDARD_ERRORS, `state ${s}: ${off} standard errors off`);
    });
  }
  rbm.dispose();
});

Deno.test("a draw depends only on the seed and its index; a mean belongs to the draw", async () => {
  const rbm = build(machine(6, 4, 9));
  const [many, few] = [await rbm.sample(300, { sweeps: 5 }), await rbm.sample(7, { sweeps: 5 })];
  assert.deepEqual(many.data.subarray(0, 42), few.data);
  const other = await rbm.sample(7, { sweeps: 5, seed: 1 });
  assert.notDeepEqual(other.data, few.data);
  const { data: means } = await rbm.sample(300, { sweeps: 5, mean: true });
  const off = means.reduce((sum, mean, i) => sum + many.data[i] - mean, 0);
  const variance = means.reduce((sum, mean) => sum + mean * (1 - mean), 0);
  assert.ok(Math.abs(off) < STANDARD_ERRORS * Math.sqrt(variance));
  rbm.dispose();
});
