/**
 * Compares a family of small models with PyTorch: the parts of the bound that the file contains, the loss and every
 * gradient, in float64 and on every backend, for given noise.
 */
import assert from "node:assert/strict";
import type { Plan } from "../../src/graph/plan.ts";
import type { GradientOptions } from "../../src/training/gradients/gradient_options.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS, open } from "../util/executors.ts";
import { checkPlan } from "./pieces.ts";
import { type Golden, largest, readGoldens, roundingsOf } from "./vae_golden.ts";

export interface Suite {
  /** The folder of its files, and the name of its tests. */
  readonly folder: "vae" | "categorical" | "posteriors";
  /** Outputs by their names in the file. */
  pieces(golden: Golden): Plan;
  noise(golden: Golden): GradientOptions["noise"];
  /** A factor on the tolerance `roundingsOf`; 1 by default. */
  readonly factor?: number;
}

export function compareWithGoldens({ folder, pieces, noise, factor = 1 }: Suite): void {
  for (const golden of readGoldens(folder)) {
    const { spec, objective, tensor } = golden, name = `golden ${folder} ${golden.name}`;
    const roundings = factor * roundingsOf(golden);

    Deno.test(`${name}: PyTorch's own float32 is within our tolerance`, () => {
      assert.ok(golden.float32Deviation < roundings * 2 ** -24);
    });

    for (const executor of EXECUTORS) {
      const relative = roundings * executor.unitRoundoff;

      Deno.test(`${name} on ${executor.label}: the parts of the bound`, async () => {
        const backend = open(executor), wanted = (output: string) => tensor(output).data;
        await checkPlan(golden, backend, pieces(golden), wanted, relative);
        backend.dispose();
      });

      Deno.test(`${name} on ${executor.label}: loss and every gradient`, async () => {
        const vae = VAE.create(spec, deviceOf(executor));
        assert.equal(vae.device.backend, executor.backend);
        vae.setParameters(golden.group("parameter"));
        const options = { noise: noise(golden), objective };
        const { loss, gradients } = await vae.lossAndGradients(tensor("x"), options);
        assertRelative(loss, tensor("loss").data, relative, 0, "loss");
        const expected = golden.group("gradient");
        assert.deepEqual([...gradients.keys()].sort(), [...expected.keys()].sort());
        for (const [key, { shape, data }] of expected) {
          const got = gradients.get(key)!;
          assert.deepEqual(got.shape, shape);
          assertRelative(got.data, data, 0, relative * largest(data), key);
        }
        vae.dispose();
      });
    }
  }
}
