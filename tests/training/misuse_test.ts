/**
 * Unknown options, and options of a wrong type, are refused clearly before any work. Oracle: the documented list of
 * each call.
 */
import assert from "node:assert/strict";
import { Detector, type DeviceOptions, Rbm, TableScorer, TrainedVae, VAE } from "../../mod.ts";
import { planeRows } from "../util/data.ts";

const ROWS = planeRows(40, 3, 5);
const VAE_OF_TWO = VAE.create({ inputs: 3, latent: [{ size: 2 }] }, { seed: 1 });
const LATENTS = ROWS.map(([a, b]) => [a, b]);
const TABLE = await Detector.fit(ROWS, { preset: "small", epochs: 1, hidden: [4], latent: 1 });
const MODEL_FILE = VAE_OF_TWO.save(), TABLE_FILE = TABLE.save();
const TRAINED = await TrainedVae.load(MODEL_FILE);

const MISSPELT = { sed: 3 } as object;
const CALLS: Readonly<Record<string, (vae: TrainedVae) => Promise<unknown>>> = {
  encode: (vae) => vae.encode(ROWS, MISSPELT),
  decode: (vae) => vae.decode(LATENTS, MISSPELT),
  reconstruct: (vae) => vae.reconstruct(ROWS, MISSPELT),
  sample: (vae) => vae.sample(3, MISSPELT),
  sampleJoint: (vae) => vae.sampleJoint(3, MISSPELT),
  samplePosterior: (vae) => vae.samplePosterior(ROWS, MISSPELT),
  evaluate: (vae) => vae.evaluate(ROWS, MISSPELT),
  elbo: (vae) => vae.elbo(ROWS, MISSPELT),
  logLikelihood: (vae) => vae.logLikelihood(ROWS, MISSPELT),
  score: (vae) => vae.score(ROWS, MISSPELT),
};

for (const [name, call] of Object.entries(CALLS)) {
  Deno.test(`${name}() refuses an unknown option`, async () => {
    for (const vae of [VAE_OF_TWO, TRAINED]) {
      await assert.rejects(call(vae), {
        name: "TypeError",
        message: /^Cannot read (score )?options: unknown key "sed" \(known keys are /,
      });
    }
  });
}

Deno.test("load() refuses options that a device does not have", async () => {
  const loads: ((device: DeviceOptions) => Promise<unknown>)[] = [
    (device) => VAE.load(MODEL_FILE, device),
    (device) => TrainedVae.load(MODEL_FILE, device),
    (device) => TableScorer.load(TABLE_FILE, device),
    (device) => Detector.load(TABLE_FILE, device),
  ];
  for (const load of loads) {
    await assert.rejects(load({ foo: 1 } as DeviceOptions), {
      name: "TypeError",
      message: /^Cannot read device options: unknown key "foo" \(known keys are backend, adapter/,
    });
    for (const device of ["wasm", null] as unknown as DeviceOptions[]) {
      await assert.rejects(load(device), {
        name: "TypeError",
        message: /^Cannot read device options: expected an object, got ("wasm"|null)$/,
      });
    }
  }
});

Deno.test("fit() refuses a checkpoint, a signal and a listener of a wrong type", async () => {
  const wrong = {
    checkpoint: ["/dir", {}, null, { read: () => Promise.resolve(undefined) }],
    signal: [{}, "x", null, new AbortController()],
    onProgress: ["x", {}, null],
  };
  const rbm = Rbm.create({ visible: 3, hidden: 2 });
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const options = { epochs: 1, [name]: value };
      const refused = {
        name: "TypeError",
        message: new RegExp(`^Cannot read ${name}: expected .*, got `),
      };
      await assert.rejects(VAE_OF_TWO.fit(ROWS, options), refused);
      await assert.rejects(Detector.fit(ROWS, options), refused);
      if (name !== "checkpoint") await assert.rejects(rbm.fit([[0, 1, 1]], options), refused);
    }
  }
});

Deno.test("setParameters() refuses anything but a Map of tensors", () => {
  type Values = Parameters<VAE["setParameters"]>[0];
  for (const values of [{ a: 1 }, null, "x", [["a", 1]]] as unknown as Values[]) {
    assert.throws(() => VAE_OF_TWO.setParameters(values), {
      name: "TypeError",
      message: "Cannot set parameters: expected a Map",
    });
  }
});

Deno.test("scoreInto() refuses an array without room for the score", () => {
  const gone = new Float64Array(1);
  structuredClone(gone, { transfer: [gone.buffer] });
  const row = Float32Array.from(ROWS[0]);
  for (const model of [VAE_OF_TWO, TABLE]) {
    for (const out of [gone, new Float32Array(0)]) {
      assert.throws(() => model.scoreInto(row, out), {
        name: "RangeError",
        message: "Cannot score row: out is empty",
      });
    }
  }
});

Deno.test("create() refuses a model too large for memory before it draws a weight", () => {
  const spec = { inputs: 65536, latent: [{ size: 2 }], decoder: { hidden: [4] } };
  // 65,536 * 16,384 weights of the first layer alone take all 4 GiB.
  assert.throws(() => VAE.create({ ...spec, encoder: { hidden: [16384] } }), {
    name: "RangeError",
    message:
      /^Cannot create model: WebAssembly holds at most 4 GiB, its \d+ parameters need \d+ bytes$/,
  });
});
