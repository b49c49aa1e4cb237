/**
 * Training on WebGPU against training on WebAssembly, from one seed, and what a run creates and releases. whole_runs.ts
 * has runs of 200 steps, faults.ts and trust.ts runs during which the GPU fails.
 *
 * Tolerance. The relative error of a step is √n u, u = 2^-24, n = 256, the terms of its longest path of sums except the
 * batch, whose mean averages errors. Errors of steps add up as a random walk: 16 √t u after t steps.
 */
import assert from "node:assert/strict";
import { type CreateOptions, type FitOptions, type FitReport, VAE } from "../../mod.ts";
import { type Faults, on } from "./faulty_gpu.ts";

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

export const table = (): Promise<number[][]> =>
  Promise.resolve(
    Array.from({ length: 80 }, (_, r) =>
      Array.from({ length: 6 }, (_, c) => Math.sin(0.37 * r + c) + 0.1 * ((7 * r + c) % 5))),
  );

/** √n. */
const ROUNDINGS = 16;

/** The relative difference that two runs may have after that many steps. */
export const roundingAfter = (steps: number): number => ROUNDINGS * Math.sqrt(steps) * 2 ** -24;

export async function train(
  { spec, fit, rows }: Example,
  device: CreateOptions,
): Promise<{ report: FitReport; vae: VAE }> {
  const vae = VAE.create(spec, { seed: 1, ...device });
  return { report: await vae.fit(await rows(), fit), vae };
}

/** @param each steps of an epoch */
export function assertSameCurve(got: FitReport, want: FitReport, each = 4): void {
  assert.equal(got.history.length, want.history.length);
  want.history.forEach(({ epoch, loss }, i) => {
    const limit = roundingAfter(each * epoch) * Math.abs(loss);
    const distance = Math.abs(got.history[i].loss - loss);
    assert.ok(distance <= limit, `epoch ${epoch}: ${got.history[i].loss} is not ${loss}`);
  });
}

/** The smallest run: two epochs of one submit each. */
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

/** A run of one epoch of two submits, the second of which is sent while the first is running. */
export const OVERLAPPING: Example = { ...SMALL, fit: { epochs: 1, batchSize: 1 } };

/** A run with the kinds of shader that the smallest lacks: activations, and what several draws need. */
export const WITH_DRAWS: Example = {
  ...SMALL,
  spec: { ...SMALL.spec, encoder: { hidden: [4], activation: "tanh" } },
  fit: { ...SMALL.fit, objective: { type: "iwae", samples: 3 } },
};

const onHost = new Map<Example, Promise<FitReport>>();

/** The same run on WebAssembly, done once. */
function hostReport(example: Example): Promise<FitReport> {
  if (!onHost.has(example)) {
    onHost.set(example, train(example, { backend: "wasm" }).then(({ report }) => report));
  }
  return onHost.get(example)!;
}

/** Whatever fails, the run ends as on WebAssembly, says why, and releases everything. */
export async function assertEndsRight(
  faults: Faults,
  lost: RegExp,
  example: Example = SMALL,
): Promise<void> {
  const { device, counts } = on(faults);
  const { report, vae } = await train(example, device);
  assertSameCurve(report, await hostReport(example), 80 / example.fit.batchSize!);
  assert.match(report.gpu?.lost ?? "it was not lost", lost, JSON.stringify(faults));
  assert.match(String(vae.device.lost), lost);
  vae.dispose();
  assert.deepEqual([counts.devices, counts.liveDevices, counts.liveBuffers], [1, 0, 0]);
}

/**
 * Creates, trains and disposes that often. Each cycle compiles its shaders again, which takes a software adapter a
 * second. After every cycle, everything that was created must be released.
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
  {
    name: "a second submit is sent before the first is waited for",
    async run() {
      const { report: want } = await train(OVERLAPPING, { backend: "wasm" });
      const { device, counts } = on({});
      const { report } = await train(OVERLAPPING, device);
      assert.equal(report.gpu?.lost, undefined);
      assert.equal(report.gpu?.steps, 80);
      assert.equal(counts.mostWaiting, 2);
      assertSameCurve(report, want, 80);
    },
  },
  {
    name: "steps that are not finite take back what was sent after them",
    async run() {
      // The square of the last row exceeds float32, so its step is skipped, at another place in each epoch.
      const rows = async () => (await table()).with(79, [1e25, 0, 0, 0, 0, 0]);
      const example: Example = { ...SMALL, fit: { epochs: 4, batchSize: 1 }, rows };
      const { report: want } = await train(example, { backend: "wasm" });
      const { device } = on({});
      const { report } = await train(example, device);
      assert.equal(report.gpu?.lost, undefined);
      assert.deepEqual([want.skippedSteps, report.skippedSteps], [4, 4]);
      assert.equal(report.gpu?.steps, 320);
      assertSameCurve(report, want, 80);
    },
  },
  {
    name: "a model without noise trains as on WebAssembly",
    async run() {
      const spec = { ...SMALL.spec, latent: [{ type: "deterministic", size: 2 }] } as const;
      const example: Example = { ...SMALL, spec };
      const { report: want } = await train(example, { backend: "wasm" });
      const { report } = await train(example, on({}).device);
      assert.equal(report.gpu?.lost, undefined);
      assert.equal(report.gpu?.steps, 8);
      assertSameCurve(report, want);
    },
  },
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
    // 65,535 is the largest number of workgroups in one dimension of a dispatch, and the largest number of turns of a
    // loop here.
    name: "a batch of 70,000 rows trains as on WebAssembly",
    async run() {
      const rows = async () => Array.from({ length: 70_000 }, (_, r) => [Math.sin(0.37 * r)]);
      const spec = { ...SMALL.spec, inputs: 1, latent: [{ size: 1 }] };
      const example: Example = { spec, fit: { epochs: 1, batchSize: 70_000 }, rows };
      const { report: want } = await train(example, { backend: "wasm" });
      const { report } = await train(example, on({}).device);
      // The step's loss and the norm of its gradient were compared with the host's.
      assert.equal(report.gpu?.lost, undefined);
      assert.equal(report.gpu?.steps, 1);
      // Sums of 70,000 rows: n of the tolerance is below 2^20.
      const [{ loss }] = want.history, limit = 2 * 4 * 2 ** 10 * 2 ** -24 * Math.abs(loss);
      assert.ok(Math.abs(report.history[0].loss - loss) <= limit);
    },
  },
];
