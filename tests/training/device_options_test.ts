/**
 * Every function that makes a model takes the options of its device, with the effect they have in `VAE.create`. Oracle:
 * the same call without them: "reference" and "portable" show in `device`, the others have no effect here.
 */
import assert from "node:assert/strict";
import { Detector, type DeviceOptions, factorAnalysis, Rbm, VAE } from "../../mod.ts";
import { withPosteriorMixture } from "../../src/training/em/posterior_mixture.ts";
import { fitRelative } from "../../src/training/relatives/fit_relative.ts";
import { DEVICE_KEYS, splitDevice } from "../../src/trained/device_options.ts";
import { planeRows } from "../util/data.ts";

const ROWS = planeRows(60, 3, 7);
const BITS = ROWS.map((row) => row.map((value) => Number(value > 0)));
const MACHINE: Required<DeviceOptions> = {
  backend: "reference",
  adapter: { allowSoftware: false },
  determinism: "portable",
  threads: 1,
  weights: "bf16",
};
const SPEC = { inputs: 3, latent: [{ size: 1 }] };

interface Begun {
  readonly device: { readonly backend: string };
  dispose(): void;
}

const BEGINNINGS: Readonly<Record<string, (machine: DeviceOptions) => Promise<Begun> | Begun>> = {
  "VAE.create": (machine) => VAE.create(SPEC, machine),
  "Rbm.create": (machine) => Rbm.create({ visible: 3, hidden: 2 }, machine),
  "factorAnalysis": async (machine) =>
    (await factorAnalysis(ROWS, { latent: 1, iterations: 3, ...machine })).model,
  "withPosteriorMixture": async (machine) => {
    const vae = VAE.create(SPEC);
    const { model } = await withPosteriorMixture(vae, ROWS, { components: 2, ...machine });
    vae.dispose();
    return model;
  },
  "fitRelative, ppca": async (machine) => {
    const spec = { type: "ppca", latent: 1 } as const;
    return (await fitRelative(spec, ROWS, { epochs: 2, ...machine })).model;
  },
  "fitRelative, rbm": async (machine) => {
    const spec = { type: "rbm", visible: 3, hidden: 2 } as const;
    return (await fitRelative(spec, BITS, { epochs: 1, ...machine })).model;
  },
  "Detector.fit, ensemble": (machine) =>
    Detector.fit(ROWS, { epochs: 1, members: 1, hidden: [4], ...machine }),
  "Detector.fit, small": (machine) =>
    Detector.fit(ROWS, { preset: "small", epochs: 1, hidden: [4], ...machine }),
  "Detector.fit, linear": (machine) => Detector.fit(ROWS, { window: 2, ...machine }),
};

for (const [name, begin] of Object.entries(BEGINNINGS)) {
  Deno.test(`${name} takes every option of the device`, async () => {
    const model = await begin(MACHINE);
    assert.equal(model.device.backend, "reference");
    model.dispose();
    const usual = await begin({ ...MACHINE, backend: undefined });
    assert.equal(usual.device.backend, "wasm", "what is undefined is not asked for");
    usual.dispose();
  });
}

Deno.test("splitDevice() separates options of the device from all others", () => {
  assert.deepEqual(DEVICE_KEYS.toSorted(), Object.keys(MACHINE).toSorted());
  const [device, rest] = splitDevice({
    ...MACHINE,
    threads: undefined,
    seed: 3,
    epochs: undefined,
  });
  const { threads: _, ...given } = MACHINE;
  assert.deepEqual([device, rest], [given, { seed: 3 }]);
});
