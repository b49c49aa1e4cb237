/**
 * Training while something fails: the device destroyed before each request and after each wait, every buffer refused,
 * every submit throwing, every kind of call refused at once, a shader that does not compile or computes wrongly
 * (wrong_shaders.ts), no adapter, no device. Each run must end as on WebAssembly, or be refused by name.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { type Counts, DEVICE_CALLS, type Faults, on, QUEUE_CALLS } from "./faulty_gpu.ts";
import {
  assertEndsRight,
  type Example,
  OVERLAPPING,
  SMALL,
  train,
  type TrainingCheck,
} from "./training.ts";
import { WRONG_SHADER_CHECKS } from "./wrong_shaders.ts";

const GONE = /the device was lost|Cannot use the GPU/;

/** One fault at each of many places that a run without faults passes. */
async function assertAllEndRight(
  count: keyof Counts,
  least: number,
  fault: (at: number) => Faults,
  lost: RegExp,
  example: Example = SMALL,
): Promise<void> {
  const { device, counts } = on({});
  const { vae } = await train(example, device);
  vae.dispose();
  assert.ok(counts[count] >= least, `${counts[count]} ${count}`);
  for (let at = 0; at < counts[count]; at++) await assertEndsRight(fault(at), lost, example);
}

/** What may be refused while a run is prepared or running, each in the middle. */
const REFUSED: readonly (readonly [name: string, time: number])[] = [
  ["createBindGroup", 1],
  ["createBuffer", 8],
  ["createComputePipeline", 2],
  ["createShaderModule", 2],
  ["writeBuffer", 8],
  ["submit", 1],
];

export const FAULT_CHECKS: readonly TrainingCheck[] = [
  {
    name: "the device may be destroyed before whatever it is asked for",
    run: () => assertAllEndRight("calls", 60, (at) => ({ destroyAtCall: at }), GONE, OVERLAPPING),
  },
  {
    name: "the device may be destroyed after whatever is waited for",
    run: () => assertAllEndRight("waits", 3, (at) => ({ destroyAfterWait: at }), GONE, OVERLAPPING),
  },
  {
    name: "whatever a run asks for may be refused at once",
    async run() {
      for (const throwAt of REFUSED) await assertEndsRight({ throwAt }, /the driver refuses/);
      // A device that has done nothing yet cannot be distinguished from none.
      for (const name of [...DEVICE_CALLS, ...QUEUE_CALLS]) {
        const { device, counts } = on({ throwAt: [name, 0] });
        const outcome = await train(SMALL, device).then(({ vae, report }) => {
          vae.dispose();
          return report.gpu?.lost;
        }, (error: Error) => error.message);
        assert.match(outcome ?? "it was not lost", /Cannot use the GPU: the driver refuses/);
        assert.deepEqual([counts.liveDevices, counts.liveBuffers], [0, 0]);
      }
    },
  },
  {
    name: "any buffer may be refused",
    run: () => assertAllEndRight("buffers", 15, (at) => ({ failBuffer: at }), GONE),
  },
  {
    name: "the queue may throw at any submit",
    run: () =>
      assertAllEndRight("submits", 4, (at) => ({ throwAtSubmit: at }), /the queue is gone/),
  },
  ...WRONG_SHADER_CHECKS,
  {
    name: "a shader that does not compile ends on WebAssembly",
    run: () => assertEndsRight({ shader: (code) => code.replace("fn main", "fn main main") }, GONE),
  },
  {
    name: "a device that is gone as soon as it is there ends on WebAssembly",
    run: () => assertEndsRight({ destroyAtOpening: true }, GONE),
  },
  {
    name: "an ensemble says that a network after the first has lost the GPU",
    async run() {
      const rows = await SMALL.rows(), fit = { members: 2, epochs: 1, seed: 1 };
      const { device, counts } = on({ throwAtSubmit: 6 });
      const detector = await Detector.fit(rows, { ...fit, ...device });
      const { gpu } = detector.report!;
      assert.ok(counts.devices >= 4 && gpu!.steps > 0, `${counts.devices} devices`);
      for (const lost of [gpu?.lost, detector.device.lost]) assert.match(String(lost), /is gone/);
      assert.equal(detector.device.training, undefined);
      detector.dispose();
      assert.deepEqual([counts.liveDevices, counts.liveBuffers], [0, 0]);
      const whole = await Detector.fit(rows, { ...fit, ...on({}).device });
      assert.equal(whole.device.lost, undefined);
      assert.equal(whole.device.training, "webgpu");
      // The failed step and those after it, of one network of four, ran on the host.
      assert.ok(whole.report!.gpu!.steps > gpu!.steps);
      whole.dispose();
    },
  },
  {
    name: "a driver that refuses its adapter or device is named",
    async run() {
      const adapter = train(SMALL, on({ refuse: "adapter" }).device);
      await assert.rejects(adapter, /Cannot use backend "webgpu": the driver is busy/);
      const device = train(SMALL, on({ refuse: "device" }).device);
      await assert.rejects(device, /Cannot use backend "webgpu": the driver is out of memory/);
    },
  },
  {
    name: "without an adapter webgpu is refused, and auto trains on WebAssembly",
    async run() {
      const { device, counts } = on({ noAdapter: true });
      await assert.rejects(train(SMALL, device), /there is no adapter/);
      const adapter = { ...device.adapter, trialOperations: 0 };
      const { report } = await train(SMALL, { backend: "auto", adapter });
      assert.equal(report.gpu, undefined);
      assert.equal(counts.adapters, 2);
    },
  },
];
