/**
 * Training on WebGPU against training on WebAssembly, from one seed: the loss curves of three models, and
 * runs in which the GPU fails.
 *
 * Tolerance. A run's loss differs relatively by at most 4 √n u a step (`training/gpu_steps.ts`), and what a
 * step errs by moves the next: after t steps t times that. Both runs round.
 */
import assert from "node:assert/strict";
import { type CreateOptions, type FitOptions, type FitReport, VAE } from "../../mod.ts";
import { readDigits } from "../util/digits.ts";
import { type Faults, faultyGpu } from "./faulty_gpu.ts";

export interface TrainingCheck {
  readonly name: string;
  readonly run: () => Promise<void>;
}

type Spec = Parameters<typeof VAE.create>[0];

export interface Example {
  readonly spec: Spec;
  readonly fit: FitOptions;
  readonly rows: () => Promise<number[][]>;
}

const table = async () =>
  Array.from(
    { length: 80 },
    (_, r) => Array.from({ length: 6 }, (_, c) => Math.sin(0.37 * r + c) + 0.1 * ((7 * r + c) % 5)),
  );

const digits = () => readDigits(80);

const net = { hidden: [12], activation: "tanh" } as const;

/** 200 steps each: 50 epochs of four. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  "a Gaussian table": {
    spec: {
      ...{ inputs: 6, encoder: net, decoder: net, latent: [{ size: 2 }] },
      likelihood: { type: "gaussian", variance: "shared" },
    },
    fit: { epochs: 50, batchSize: 20 },
    rows: table,
  },
  "Bernoulli digits": {
    spec: {
      ...{ inputs: 64, encoder: net, decoder: net, latent: [{ size: 4 }] },
      likelihood: { type: "bernoulli" },
    },
    fit: { epochs: 50, batchSize: 20 },
    rows: digits,
  },
  "an importance-weighted bound": {
    spec: {
      ...{ inputs: 64, encoder: net, decoder: net, latent: [{ size: 4 }] },
      likelihood: { type: "bernoulli" },
    },
    fit: { epochs: 50, batchSize: 20, objective: { type: "iwae", samples: 5, estimator: "dreg" } },
    rows: digits,
  },
};

/** √n of the examples: n, the lengths of all sums of a step, is below 4096. */
export const ROUNDINGS = 4 * 64;

export async function train(
  { spec, fit, rows }: Example,
  device: CreateOptions,
): Promise<{ report: FitReport; vae: VAE }> {
  const vae = VAE.create(spec, { seed: 1, ...device });
  return { report: await vae.fit(await rows(), fit), vae };
}

export function assertSameCurve(got: FitReport, want: FitReport): void {
  assert.equal(got.history.length, want.history.length);
  want.history.forEach(({ epoch, loss }, i) => {
    const steps = 4 * epoch, limit = 2 * steps * ROUNDINGS * 2 ** -24 * Math.abs(loss);
    const distance = Math.abs(got.history[i].loss - loss);
    assert.ok(distance <= limit, `epoch ${epoch}: ${got.history[i].loss} is not ${loss}`);
  });
}

/** The smallest there is: a run of two epochs of one submit each. */
export const SMALL: Example = {
  spec: {
    inputs: 6,
    encoder: { hidden: [] },
    decoder: { hidden: [] },
    latent: [{ size: 2 }],
    likelihood: { type: "gaussian", variance: 1 },
  },
  fit: { epochs: 2, batchSize: 20 },
  rows: table,
};

export const on = (faults: Faults) => {
  const { gpu, counts } = faultyGpu(faults);
  return { device: { backend: "webgpu", adapter: { gpu } } as const, counts };
};

export async function assertEndsRight(faults: Faults, lost: RegExp): Promise<void> {
  const { report: want } = await train(SMALL, { backend: "wasm" });
  const { device } = on(faults);
  const { report, vae } = await train(SMALL, device);
  assertSameCurve(report, want);
  assert.match(report.gpu?.lost ?? "it was not lost", lost);
  assert.match(String(vae.device.lost), lost);
}

/**
 * Creates, trains and disposes so often; each cycle compiles its shaders anew, which takes a software
 * adapter a second. After every cycle all that was made must be gone.
 */
export async function assertGivesAllBack(cycles: number): Promise<void> {
  const { device, counts } = on({});
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const { report, vae } = await train({ ...SMALL, fit: { ...SMALL.fit, epochs: 1 } }, device);
    vae.dispose();
    assert.equal(report.gpu?.steps, 4);
    const { devices, buffers, liveDevices, liveBuffers } = counts;
    assert.ok(buffers >= 10 * cycle, `${buffers} buffers`);
    assert.deepEqual([devices, liveDevices, liveBuffers], [cycle, 0, 0]);
  }
}

export const TRAINING_CHECKS: readonly TrainingCheck[] = [
  ...Object.entries(EXAMPLES).map(([name, example]): TrainingCheck => ({
    name: `${name}: the loss curve of 200 steps is that of WebAssembly`,
    async run() {
      const { report: want } = await train(example, { backend: "wasm" });
      const { report } = await train(example, { backend: "webgpu" });
      assert.equal(report.gpu?.lost, undefined);
      assert.equal(report.gpu?.steps, 200);
      assertSameCurve(report, want);
    },
  })),
  {
    name: "steps make no buffer and no bind group",
    async run() {
      const { device, counts } = on({});
      const { report } = await train({ ...SMALL, fit: { ...SMALL.fit, epochs: 2 } }, device);
      assert.equal(report.gpu?.lost, undefined);
      const short = { ...counts };
      const longer = on({});
      await train({ ...SMALL, fit: { ...SMALL.fit, epochs: 12 } }, longer.device);
      assert.equal(longer.counts.buffers, short.buffers);
      assert.equal(longer.counts.groups, short.groups);
    },
  },
  {
    name: "runs give back every buffer and every device",
    run: () => assertGivesAllBack(5),
  },
  {
    name: "a run that fails gives back every buffer and its device",
    async run() {
      for (const faults of [{ destroyAtWait: 1 }, { failBuffer: 3 }, { bindingSize: 1024 }]) {
        const { device, counts } = on(faults);
        await train(SMALL, device).catch(() => {});
        const { devices, liveDevices, liveBuffers } = counts;
        assert.deepEqual([devices, liveDevices, liveBuffers], [1, 0, 0], JSON.stringify(faults));
      }
    },
  },
  {
    name: "a device that is gone as soon as it is there ends on WebAssembly",
    run: () =>
      assertEndsRight({ destroyAtOpening: true }, /the device was lost|Cannot use the GPU/),
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
    name: "a model that does not fit is refused with the limit",
    async run() {
      const { device } = on({ bindingSize: 1024 });
      await assert.rejects(
        train(SMALL, device),
        /at most 1024 bytes \(maxStorageBufferBindingSize\): needed are \d+/,
      );
    },
  },
  {
    name: "a data set beyond one binding is cut, and trains as one that is whole",
    async run() {
      const bindingSize = 8192;
      const long = async () => (await Promise.all(Array.from({ length: 8 }, table))).flat();
      const example = { ...SMALL, rows: long };
      const whole = on({}), cut = on({ bindingSize });
      const { report: want } = await train(example, whole.device);
      const { report: got } = await train(example, cut.device);
      assert.ok(8 * 80 * 6 * 4 > bindingSize);
      assert.equal(got.gpu?.steps, 64);
      assert.equal(got.gpu?.lost, undefined);
      assert.deepEqual(got.history.map(({ loss }) => loss), want.history.map(({ loss }) => loss));
      assert.equal(cut.counts.groups, whole.counts.groups + 1);
    },
  },
  {
    // 65,535 is the most workgroups in one dimension of a dispatch, and the most turns of a loop here.
    name: "a batch of 70,000 rows trains as on WebAssembly",
    async run() {
      const rows = async () => Array.from({ length: 70_000 }, (_, r) => [Math.sin(0.37 * r)]);
      const spec = { ...SMALL.spec, inputs: 1, latent: [{ size: 1 }] };
      const example: Example = { spec, fit: { epochs: 1, batchSize: 70_000 }, rows };
      const { report: want } = await train(example, { backend: "wasm" });
      const { report } = await train(example, on({}).device);
      // The step's loss and the norm of its gradient were held to those of the host.
      assert.equal(report.gpu?.lost, undefined);
      assert.equal(report.gpu?.steps, 1);
      // Sums of 70,000 rows: n of the tolerance is below 2^20.
      const [{ loss }] = want.history, limit = 2 * 4 * 2 ** 10 * 2 ** -24 * Math.abs(loss);
      assert.ok(Math.abs(report.history[0].loss - loss) <= limit);
    },
  },
  {
    name: "the device may be destroyed at any wait",
    async run() {
      const { device, counts } = on({});
      await train(SMALL, device);
      assert.ok(counts.waits >= 4, `${counts.waits} waits`);
      for (let wait = 0; wait < counts.waits; wait++) {
        await assertEndsRight({ destroyAtWait: wait }, /the device was lost|Cannot use the GPU/);
      }
    },
  },
  {
    name: "a buffer that cannot be had ends on WebAssembly",
    async run() {
      for (const failBuffer of [0, 3, 8]) {
        await assertEndsRight({ failBuffer }, /Cannot use the GPU/);
      }
    },
  },
  {
    name: "a shader that computes wrongly is found out",
    async run() {
      for (
        const wrong of [
          (code: string) => code.replaceAll("fma(x0, y0,", "fma(x0, 1.01 * y0,"),
          (code: string) => code.replaceAll("fma(-rate, step,", "fma(rate, step,"),
        ]
      ) await assertEndsRight({ shader: wrong }, /Cannot trust the GPU/);
    },
  },
  {
    name: "without an adapter webgpu is refused, and auto trains on WebAssembly",
    async run() {
      const { device } = on({ noAdapter: true });
      await assert.rejects(train(SMALL, device), /there is no adapter/);
      const { report } = await train(SMALL, { ...device, backend: "auto" });
      assert.equal(report.gpu, undefined);
    },
  },
];
