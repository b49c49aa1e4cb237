/**
 * The result of a run on WebGPU if host and GPU pass the parameters to each other: with checkpoints at every step,
 * after a rollback, and after a GPU that computed wrongly for a while. Oracle: the same run on WebAssembly, from one
 * seed. Tolerance: see training.ts.
 */
import assert from "node:assert/strict";
import type { CheckpointStore, VAE } from "../../mod.ts";
import {
  assertEndsRight,
  assertSameCurve,
  type Example,
  roundingAfter,
  SMALL,
  train,
  type TrainingCheck,
} from "./training.ts";
import { on } from "./faulty_gpu.ts";

/** Checkpoints are written after every submit. */
const store = (): CheckpointStore => {
  let held: Uint8Array | undefined;
  return {
    everySeconds: 0,
    read: () => Promise.resolve(held),
    write: (bytes) => Promise.resolve(void (held = bytes)),
  };
};

const stored = (example: Example): Example => ({
  ...example,
  fit: { ...example.fit, checkpoint: store() },
});

const logVar = (vae: VAE) => vae.parameters().get("likelihood.logVar")!.data[0];

/** Reads another row than the requested one wherever `right` is false. */
const wrongRowUnless = (right: string) => (code: string) =>
  code.replace(
    "let row = order[1u + position % order[0]];",
    `let row = select(0u, order[1u + position % order[0]], ${right});`,
  );

export const TRUST_CHECKS: readonly TrainingCheck[] = [
  {
    name: "with checkpoints the optimal variance is that of WebAssembly",
    async run() {
      const example: Example = {
        ...SMALL,
        spec: { ...SMALL.spec, likelihood: { type: "gaussian", variance: "optimal" } },
      };
      const { vae: want } = await train(example, { backend: "wasm" });
      const { vae, report } = await train(stored(example), { backend: "webgpu" });
      assert.equal(report.gpu?.lost, undefined);
      assert.ok(Math.abs(logVar(want)) > 0.01);
      const limit = roundingAfter(8);
      const distance = Math.abs(logVar(vae) - logVar(want));
      assert.ok(distance <= limit, `${logVar(vae)} is not ${logVar(want)}`);
    },
  },
  {
    name: "with checkpoints a rollback is that of WebAssembly",
    async run() {
      const optimizer = { type: "adam", learningRate: 30 } as const;
      const example: Example = { ...SMALL, fit: { ...SMALL.fit, epochs: 6, optimizer } };
      const { report: want } = await train(example, { backend: "wasm" });
      const { report } = await train(stored(example), { backend: "webgpu" });
      assert.equal(report.gpu?.lost, undefined);
      assert.ok(want.rollbacks > 0);
      assert.equal(report.rollbacks, want.rollbacks);
      assertSameCurve(report, want);
    },
  },
  {
    name: "a GPU that computes wrongly later in a submit is found out",
    run: () => assertEndsRight({ shader: wrongRowUnless("counter[0] < 2u") }, /Cannot trust/),
  },
  {
    // Software is slower than WebAssembly by an order of magnitude and more: a wait alone takes longer than these
    // steps.
    name: "auto leaves an adapter that is slower than the host, and ends as WebAssembly does",
    async run() {
      const example: Example = { ...SMALL, fit: { ...SMALL.fit, epochs: 6 } };
      const { report: want } = await train(example, { backend: "wasm" });
      const { device, counts } = on({});
      const adapter = { ...device.adapter, allowSoftware: true, trialOperations: 0 };
      const { report, vae } = await train(example, { backend: "auto", adapter });
      assert.match(report.gpu?.left ?? "it was not left", /a step took .* on the host/);
      assert.equal(report.gpu?.lost, undefined);
      assert.equal(report.gpu?.steps, 8);
      assert.match(String(vae.device.left), /a step took/);
      assert.equal(vae.device.training, undefined);
      assertSameCurve(report, want);
      const scores = await vae.score(await SMALL.rows());
      assert.equal(scores.length, 80);
      assert.equal(vae.device.scoring, undefined);
      vae.dispose();
      assert.deepEqual([counts.liveDevices, counts.liveBuffers], [0, 0]);
    },
  },
  {
    name: "steps since the GPU was last found right are taken again",
    async run() {
      // Wrong from step 100 on; compared at steps 0 and 560.
      const example: Example = { ...SMALL, fit: { ...SMALL.fit, epochs: 8, batchSize: 1 } };
      const { report: want } = await train(example, { backend: "wasm" });
      const { device } = on({ shader: wrongRowUnless("steps[step + 4u] < 100u") });
      const { report } = await train(example, device);
      assert.match(report.gpu?.lost ?? "it was not lost", /Cannot trust/);
      assert.equal(report.gpu?.steps, 0);
      assert.deepEqual(report.history, want.history);
    },
  },
];
