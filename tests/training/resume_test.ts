/** A run that was interrupted at any point and resumed ends with the bytes of one that was not. */
import assert from "node:assert/strict";
import { type FitOptions, VAE } from "../../mod.ts";
import { planeRows } from "../util/data.ts";
import { MemoryStore } from "../util/memory_store.ts";

const ROWS = planeRows(100, 4, 3);
const SPEC = {
  inputs: 4,
  encoder: { hidden: [6] },
  decoder: { hidden: [6] },
  latent: [{ size: 2 }],
} as const;
const OPTIONS: FitOptions = {
  epochs: 4,
  batchSize: 30,
  validation: 0.2,
  earlyStopping: { patience: 2 },
  objective: { warmUpEpochs: 2 },
  optimizer: { type: "adam", learningRate: 0.02, decay: "cosine" },
};

async function run(options: FitOptions, backend: "auto" | "reference"): Promise<VAE> {
  const vae = VAE.create(SPEC, { seed: 5, backend });
  await vae.fit(ROWS, { ...OPTIONS, ...options });
  return vae;
}

for (const backend of ["auto", "reference"] as const) {
  Deno.test(`fit() resumes from every step to the same bytes on ${backend}`, async () => {
    const store = new MemoryStore();
    const whole = (await run({ checkpoint: store }, backend)).save();
    assert.deepEqual((await run({}, backend)).save(), whole, "checkpoints change nothing");
    assert.ok(store.written.length > 12, "a state after each of the steps");
    for (const state of store.written) {
      const resumed = await run({ checkpoint: new MemoryStore(state) }, backend);
      assert.deepEqual(resumed.save(), whole);
    }
  });
}

Deno.test("fit() refuses a checkpoint of another run, naming the difference", async () => {
  const store = new MemoryStore();
  await run({ checkpoint: store }, "reference");
  const start = store.written[3];
  await assert.rejects(
    run({ checkpoint: new MemoryStore(start), epochs: 5 }, "reference"),
    /Cannot resume: the checkpoint was made with another recipe/,
  );
  const vae = VAE.create(SPEC, { seed: 5, backend: "reference" });
  await assert.rejects(
    vae.fit(ROWS.slice(1), { ...OPTIONS, checkpoint: new MemoryStore(start) }),
    /other data/,
  );
});

Deno.test("fit() refuses a damaged checkpoint", async () => {
  const store = new MemoryStore();
  await run({ checkpoint: store }, "reference");
  const damaged = store.written[2].slice();
  damaged[damaged.length - 5] ^= 1;
  await assert.rejects(run({ checkpoint: new MemoryStore(damaged) }, "reference"), /damaged/);
});

Deno.test("fit() refuses a checkpoint of a run from another start, or on another device", async () => {
  const store = new MemoryStore();
  const vae = VAE.create(SPEC, { seed: 5 });
  await vae.fit(ROWS, { ...OPTIONS, checkpoint: store });
  const last = () => new MemoryStore(store.written.at(-1));
  // A second fit of the same model is another run, not a repetition of the first.
  await assert.rejects(
    vae.fit(ROWS, { ...OPTIONS, checkpoint: last() }),
    /made with another start/,
  );
  const he = VAE.create(SPEC, { seed: 5, initialization: "he" });
  await assert.rejects(he.fit(ROWS, { ...OPTIONS, checkpoint: last() }), /made with another start/);
  const portable = VAE.create(SPEC, { seed: 5, backend: "reference" });
  await assert.rejects(
    portable.fit(ROWS, { ...OPTIONS, checkpoint: last() }),
    /made with another device/,
  );
});
