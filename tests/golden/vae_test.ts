/**
 * Small VAEs against PyTorch in float64: the pieces of the bound, the loss, every gradient.
 * Oracle: scripts/golden/make_vae_golden.py. Tolerance: `roundingsOf` in vae_golden.ts.
 */
import assert from "node:assert/strict";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS, open } from "../util/executors.ts";
import { checkPieces } from "./pieces.ts";
import { largest, readGoldens, roundingsOf } from "./vae_golden.ts";

const GOLDENS = readGoldens();

for (const golden of GOLDENS) {
  const { name, spec, objective, tensor } = golden;
  const roundings = roundingsOf(golden);

  Deno.test(`golden ${name}: PyTorch's own float32 keeps within our tolerance`, () => {
    assert.ok(golden.float32Deviation < roundings * 2 ** -24);
  });

  for (const executor of EXECUTORS) {
    const relative = roundings * executor.unitRoundoff;

    Deno.test(`golden ${name} on ${executor.label}: the pieces of the bound`, async () => {
      const backend = open(executor);
      await checkPieces(golden, backend, executor.unitRoundoff);
      backend.dispose();
    });

    Deno.test(`golden ${name} on ${executor.label}: loss and every gradient`, async () => {
      const vae = VAE.create(spec, deviceOf(executor));
      assert.equal(vae.device.backend, executor.backend);
      vae.setParameters(golden.group("parameter"));
      const { loss, gradients } = await vae.lossAndGradients(tensor("x"), {
        noise: tensor("noise"),
        objective,
      });
      assertRelative(loss, tensor("loss").data, relative, 0, "loss");
      const expected = golden.group("gradient");
      assert.deepEqual([...gradients.keys()], [...expected.keys()]);
      for (const [key, { shape, data }] of expected) {
        const got = gradients.get(key)!;
        assert.deepEqual(got.shape, shape);
        assertRelative(got.data, data, 0, relative * largest(data), key);
      }
      vae.dispose();
    });
  }
}
