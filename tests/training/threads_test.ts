/**
 * Threads for users: models large enough to be shared are trained, resumed and scored with the same bytes on any number
 * of threads. Oracle: one thread. On a single processor the report must say so, and everything else holds as well.
 */
import assert from "node:assert/strict";
import { type CheckpointStore, Detector, type DeviceOptions, VAE } from "../../mod.ts";
import { planeRows } from "../util/data.ts";
import { bytesOf } from "../util/threads.ts";
import { MemoryStore } from "../util/memory_store.ts";

const COLUMNS = 48;
const ROWS = planeRows(300, COLUMNS, 3);
const NETWORK = { hidden: [256] };
const SPEC = { inputs: COLUMNS, encoder: NETWORK, decoder: NETWORK, latent: [{ size: 4 }] };
const TWO = Math.min(2, navigator.hardwareConcurrency);

async function fitted(device: DeviceOptions, checkpoint?: CheckpointStore): Promise<VAE> {
  const vae = VAE.create(SPEC, { seed: 3, ...device });
  await vae.fit(ROWS, { epochs: 3, batchSize: 100, ...(checkpoint && { checkpoint }) });
  return vae;
}

for (const determinism of ["portable", "fast"] as const) {
  Deno.test(`fit() and score() give the same bytes on two threads, ${determinism}`, async () => {
    const alone = await fitted({ determinism });
    const shared = await fitted({ determinism, threads: 2 });
    assert.deepEqual([alone.device.threads, shared.device.threads], [1, TWO]);
    assert.deepEqual(shared.save(), alone.save());
    for (const count of [1, 2, 63, 127, 128, 129, 257]) {
      const rows = ROWS.slice(0, count);
      const [want, got] = [await alone.score(rows), await shared.score(rows)];
      assert.deepEqual(bytesOf(got), bytesOf(want), `${count} rows`);
    }
    alone.dispose();
    shared.dispose();
  });
}

Deno.test("a run that began on one thread can be resumed on two, and the other way round", async () => {
  const stores = [new MemoryStore(), new MemoryStore()];
  const alone = await fitted({}, stores[0]), shared = await fitted({ threads: 2 }, stores[1]);
  const whole = alone.save();
  assert.ok(stores[0].written.length > 4);
  for (const [i, device] of [{ threads: 2 }, {}].entries()) {
    const resumed = await fitted(device, new MemoryStore(stores[i].written[4]));
    assert.deepEqual(resumed.save(), whole);
    resumed.dispose();
  }
  alone.dispose();
  shared.dispose();
});

Deno.test("a detector takes threads, and says why a small one has one", async () => {
  const options = { epochs: 1, hidden: [2], latent: 1, batchSize: 10, threads: 2 };
  const small = await Detector.fit(planeRows(60, 3, 1), options);
  assert.equal(small.device.threads, 1);
  assert.match(String(small.device.reason), TWO === 2 ? /^No program yet/ : /^1 of 2 can run/);
  small.dispose();
});
