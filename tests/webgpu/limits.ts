/** Work beyond the limits of a device is divided where possible, and otherwise refused by the name of the limit. */
import assert from "node:assert/strict";
import { gridOf } from "../../src/backends/webgpu/limits.ts";
import { type Example, SMALL, train, type TrainingCheck } from "./training.ts";
import { on } from "./faulty_gpu.ts";

type Limits = NonNullable<Parameters<typeof on>[0]["limits"]>;

async function assertRefused(limits: Limits, message: RegExp): Promise<void> {
  const { device, counts } = on({ limits });
  await assert.rejects(train(SMALL, device), message);
  assert.deepEqual([counts.devices, counts.liveDevices, counts.liveBuffers], [1, 0, 0]);
  // Nobody requested a GPU explicitly, so the run continues without.
  const auto = on({ limits, asCard: true }),
    adapter = { ...auto.device.adapter, trialOperations: 0 };
  const { report, vae } = await train(SMALL, { backend: "auto", adapter });
  vae.dispose();
  assert.equal(report.gpu, undefined);
  assert.deepEqual([auto.counts.devices, auto.counts.liveDevices], [1, 0]);
}

const REFUSED: readonly (readonly [Limits, RegExp])[] = [
  [
    { maxStorageBufferBindingSize: 1024 },
    /a binding holds at most 1024 bytes \(maxStorageBufferBindingSize\), \d+ are needed/,
  ],
  [{ maxBufferSize: 1024 }, /a buffer holds at most 1024 bytes \(maxBufferSize\), \d+ are needed/],
  [
    { maxComputeWorkgroupStorageSize: 1024 },
    /maxComputeWorkgroupStorageSize must be at least 5120, got 1024/,
  ],
  [
    { maxComputeInvocationsPerWorkgroup: 32 },
    /maxComputeInvocationsPerWorkgroup must be at least 64, got 32/,
  ],
  [
    { maxComputeWorkgroupsPerDimension: 1000 },
    /maxComputeWorkgroupsPerDimension must be at least 65535, got 1000/,
  ],
  [
    { maxStorageBuffersPerShaderStage: 4 },
    /maxStorageBuffersPerShaderStage must be at least 7, got 4/,
  ],
  [
    { minStorageBufferOffsetAlignment: 512 },
    /minStorageBufferOffsetAlignment must be at most 256, got 512/,
  ],
];

export const LIMIT_CHECKS: readonly TrainingCheck[] = [
  ...REFUSED.map(([limits, message]): TrainingCheck => ({
    name: `what exceeds ${Object.keys(limits)[0]} is refused by its name, and auto does without`,
    run: () => assertRefused(limits, message),
  })),
  {
    name: "workgroups go along two dimensions, and beyond those are refused",
    run() {
      assert.deepEqual(gridOf(0), [1, 1]);
      assert.deepEqual(gridOf(65_535), [65_535, 1]);
      assert.deepEqual(gridOf(65_536), [65_535, 2]);
      assert.deepEqual(gridOf(65_535 ** 2), [65_535, 65_535]);
      assert.throws(() => gridOf(65_535 ** 2 + 1), /\(maxComputeWorkgroupsPerDimension\)/);
      return Promise.resolve();
    },
  },
  {
    name: "a data set beyond one binding is cut, and trains as one that is whole",
    async run() {
      const bindingSize = 8192;
      const long = async () => (await Promise.all(Array.from({ length: 8 }, SMALL.rows))).flat();
      const example = { ...SMALL, rows: long };
      const whole = on({}), cut = on({ limits: { maxStorageBufferBindingSize: bindingSize } });
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
    name: "reads that together exceed maxBufferSize are made one after the other",
    async run() {
      // Parameters and state, some 6 and 12 kB, are read together; nothing else is as large. What lies between them in
      // the program takes 17,152 bytes with its order of instructions.
      const whole = on({}), cut = on({ limits: { maxBufferSize: 17_500 } });
      const example: Example = {
        ...SMALL,
        spec: { ...SMALL.spec, encoder: { hidden: [100] } },
        fit: { epochs: 2, batchSize: 4 },
      };
      const { report: want } = await train(example, whole.device);
      const { report: got } = await train(example, cut.device);
      assert.equal(got.gpu?.lost, undefined);
      assert.deepEqual(got.history, want.history);
      assert.ok(cut.counts.waits > whole.counts.waits);
    },
  },
];
