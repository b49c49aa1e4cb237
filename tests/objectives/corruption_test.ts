/**
 * Corruption: the encoder gets the corrupted row, the target stays clean, and the condition is unchanged. Oracle: a
 * linear model's loss computed here; shares of masked cells within standard errors.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { batched } from "../../src/core/shape.ts";
import { drawnNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import { corrupt, type Corruption } from "../../src/objectives/corruption.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS, REFERENCE } from "../util/executors.ts";
import { runGraph } from "../util/probe.ts";
import { STANDARD_ERRORS } from "../util/statistics.ts";

/** ln 2π per column. */
const LN_2PI = Math.log(2 * Math.PI);

Deno.test("the encoder gets the corrupted row, the likelihood the clean one", async () => {
  const spec = {
    inputs: 2,
    condition: 1,
    latent: [{ size: 1 }],
    likelihood: { type: "gaussian", variance: 1 },
  } as const;
  const vae = VAE.create(spec, deviceOf(REFERENCE));
  const set = (name: string, data: number[]) => vae.setParameters(new Map([[name, { data }]]));
  set("encoder.mean.weight", [1, 2, 4]);
  set("encoder.logVar.weight", [0, 0, 0]);
  set("decoder.mean.weight", [1, -1, 0, 0]);
  const x = [[0.5, -1]], condition = [[0.25]];
  /** The ELBO's loss if the encoder got `seen`, with z = mean. */
  const loss = (seen: number[]) => {
    const mean = seen[0] + 2 * seen[1] + 4 * condition[0][0];
    const squares = (x[0][0] - mean) ** 2 + (x[0][1] + mean) ** 2;
    return LN_2PI + squares / 2 + mean ** 2 / 2;
  };
  const lossOf = async (corruption: Corruption, given: number[]) => {
    const noise = new Map([["noise", [[0]]], ["corruption", [given]]]);
    const objective = { corruption };
    return (await vae.lossAndGradients(x, { noise, condition, objective })).loss;
  };
  assertRelative(await lossOf({ type: "gaussian", scale: 0.5 }, [1, -3]), loss([1, -2.5]), 1e-14);
  // A cell is kept if its two normals have a² + b² < -2 ln 0.1 = 4.605.
  const mask = { type: "mask", probability: 0.1 } as const;
  assertRelative(await lossOf(mask, [2, 2, 0.7, 0.8]), loss([0.5, 0]), 1e-14);
  assertRelative(await lossOf(mask, [-2.2, 0, 0, 2]), loss([0, -1]), 1e-14);
  await assert.rejects(
    vae.lossAndGradients(x, { noise: [[0]], condition, objective: { corruption: mask } }),
    /corruption is missing/,
  );
  const surplus = new Map([["noise", [[0]]], ["corruption", [[0, 0]]]]);
  await assert.rejects(
    vae.lossAndGradients(x, { noise: surplus, condition }),
    /unknown noise "corruption" \(known names are noise/,
  );
  vae.dispose();
});

for (const executor of EXECUTORS) {
  Deno.test(`masked cells have the stated share, and Gaussian noise the stated scale, on ${executor.label}`, () => {
    const rows = 4000, columns = 5;
    const x = Float32Array.from({ length: rows * columns }, (_, i) => 1 + i % 7);
    const run = (corruption: Corruption) =>
      runGraph(executor, rows, (g) => {
        const input = g.input("x", batched(columns));
        return { seen: corrupt(createScope(g, { noise: drawnNoise }), input, corruption) };
      }, { x, key: [1, 2, 3, 0] }).seen;
    for (const probability of [0.05, 0.5, 0.9]) {
      const seen = run({ type: "mask", probability });
      assert.ok(seen.every((value, i) => value === 0 || value === x[i]));
      const share = seen.filter((value) => value === 0).length / seen.length;
      const deviation = Math.sqrt(probability * (1 - probability) / seen.length);
      assertRelative(share, probability, 0, STANDARD_ERRORS * deviation, "share");
      // Neighbouring cells are masked independently: the share of pairs is the square.
      const pairs = seen.filter((value, i) => value === 0 && seen[i + 1] === 0).length;
      assertRelative(pairs / seen.length, probability ** 2, 0, 2 * STANDARD_ERRORS * deviation);
    }
    const moved = run({ type: "gaussian", scale: 3 }).map((value, i) => value - x[i]);
    const variance = moved.reduce((sum, value) => sum + value ** 2, 0) / moved.length;
    assertRelative(variance, 9, 0, 9 * STANDARD_ERRORS * Math.sqrt(2 / moved.length), "variance");
  });
}
