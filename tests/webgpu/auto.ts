/**
 * When "auto" takes a GPU. A software adapter that claims to be hardware stands for one, and a fake clock tells which
 * is faster.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { openAccelerator } from "../../src/backends/open.ts";
import { ScoringDevice } from "../../src/trained/device/scoring_device.ts";
import type { Engine } from "../../src/trained/engine.ts";
import type { Faults } from "./faulty_gpu.ts";
import { assertClose, ROWS, SMALL as MODEL } from "./scoring.ts";
import { assertSameCurve, SMALL, train, type TrainingCheck } from "./training.ts";
import { on } from "./faulty_gpu.ts";

const automatic = (faults: Faults) => {
  const { device, counts } = on(faults);
  const adapter = { ...device.adapter, trialOperations: 0 };
  return { device: { backend: "auto", adapter } as const, counts };
};

const wrongProducts = (code: string) => code.replaceAll(/fma\(x0, y0,/g, "fma(x0, 1.01 * y0,");

/** A model whose calls are timed by this clock, which advances at each second reading: on the GPU, then on the host. */
class Timed extends VAE {
  static times: number[] = [];
  /** @internal */
  protected static override readonly workDevice = <Name extends string>(engine: Engine<Name>) => {
    let asked = 0, now = 0;
    const clock = () => asked++ % 2 === 1 ? now += Timed.times.shift() ?? 0 : now;
    return new ScoringDevice(engine, { open: openAccelerator, clock });
  };
}

async function scoreTimed(times: readonly number[]) {
  Timed.times = [...times];
  const { device, counts } = automatic({ asCard: true });
  const host = VAE.create(MODEL, { seed: 2, backend: "wasm" });
  const values = new Map([...host.parameters()].map(([name, { data }]) => [name, data]));
  const vae = new Timed(host.spec, values, device);
  const scores = await vae.score(ROWS);
  assertClose({ scores }, { scores: await host.score(ROWS) });
  const used = vae.device.scoring;
  vae.dispose();
  assert.deepEqual([counts.devices, counts.liveDevices, counts.liveBuffers], [1, 0, 0]);
  return used;
}

export const AUTO_CHECKS: readonly TrainingCheck[] = [
  {
    name: "auto takes no software adapter, for runs or calls",
    async run() {
      const { device, counts } = automatic({});
      const { report, vae } = await train(SMALL, device);
      assert.equal(report.gpu, undefined);
      await vae.score(await SMALL.rows());
      assert.equal(vae.device.scoring, undefined);
      assert.deepEqual([counts.adapters, counts.devices], [2, 0]);
    },
  },
  {
    name: "auto takes a card that passes the self-test",
    async run() {
      const { device, counts } = automatic({ asCard: true });
      const { report, vae } = await train(SMALL, device);
      vae.dispose();
      assert.equal(report.gpu?.adapter, "a card");
      assert.equal(report.gpu?.lost, undefined);
      assert.equal(report.gpu?.steps, 8);
      assert.deepEqual([counts.devices, counts.liveDevices, counts.liveBuffers], [1, 0, 0]);
    },
  },
  {
    name: "a card that fails the self-test takes no step under auto, and the run says so",
    async run() {
      const { device, counts } = automatic({ asCard: true, shader: wrongProducts });
      const { report, vae } = await train(SMALL, device);
      vae.dispose();
      const { report: want } = await train(SMALL, { backend: "wasm" });
      assert.deepEqual(report.history, want.history);
      assert.equal(report.gpu?.steps, 0);
      assert.match(String(report.gpu?.lost), /Cannot trust the GPU: .* of the self-test must be/);
      assert.deepEqual([counts.devices, counts.liveDevices, counts.liveBuffers], [1, 0, 0]);
    },
  },
  {
    name: "a card that fails the self-test does no call under auto, and the model says so",
    async run() {
      const { device, counts } = automatic({ asCard: true, shader: wrongProducts });
      const vae = VAE.create(MODEL, { seed: 2, ...device });
      const host = VAE.create(MODEL, { seed: 2, backend: "wasm" });
      for (let call = 0; call < 2; call++) {
        assert.deepEqual(await vae.score(ROWS), await host.score(ROWS));
        assert.match(String(vae.device.lost), /Cannot trust the GPU: .* of the self-test must be/);
      }
      assert.deepEqual([counts.devices, counts.liveDevices, counts.liveBuffers], [1, 0, 0]);
    },
  },
  {
    name: "a device that is lost in the self-test is no failure of the run",
    async run() {
      const { device } = automatic({ asCard: true, destroyAtOpening: true });
      const { report } = await train(SMALL, device);
      assert.match(String(report.gpu?.lost), /the device was lost|Cannot use the GPU/);
      assertSameCurve(report, (await train(SMALL, { backend: "wasm" })).report);
    },
  },
  {
    name: "calls under auto go where a trial of the program was faster",
    async run() {
      assert.equal(await scoreTimed([1, 1000]), "webgpu");
      assert.equal(await scoreTimed([1000, 1]), undefined);
    },
  },
];
