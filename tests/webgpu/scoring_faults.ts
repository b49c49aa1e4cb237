/**
 * Calls of a model while something fails: the device destroyed before each request and after each wait, every buffer
 * refused, every submit throwing, shaders that compute wrongly, even for some rows only. Each call must end as on
 * WebAssembly.
 */
import assert from "node:assert/strict";
import { type CreateOptions, VAE } from "../../mod.ts";
import {
  type Counts,
  DEVICE_CALLS,
  type Faults,
  on,
  QUEUE_CALLS,
  withWrongShader,
} from "./faulty_gpu.ts";
import { assertClose, type Results, ROWS, SMALL } from "./scoring.ts";
import type { TrainingCheck } from "./training.ts";

const GONE = /the device was lost|Cannot use the GPU/;

/** Scores twice, in parts of 100 rows: many waits. */
async function scoreOn(device: CreateOptions): Promise<{ scores: Results; vae: VAE }> {
  const vae = VAE.create(SMALL, { seed: 2, ...device });
  const all = await vae.score(ROWS), parts: number[] = [];
  for (let first = 0; first < ROWS.length; first += 100) {
    parts.push(...await vae.score(ROWS.slice(first, first + 100)));
  }
  return { scores: { all, parts }, vae };
}

const onHost = scoreOn({ backend: "wasm" });

async function assertScoresRight(faults: Faults, lost: RegExp): Promise<void> {
  const { device, counts } = on(faults);
  const { scores, vae } = await scoreOn(device);
  assertClose(scores, (await onHost).scores);
  assert.match(String(vae.device.lost), lost, JSON.stringify(faults));
  assert.equal(vae.device.scoring, undefined);
  vae.dispose();
  assert.deepEqual([counts.liveDevices, counts.liveBuffers], [0, 0]);
}

/** One fault at each of many places that calls without faults pass. */
async function assertAllScoreRight(
  count: keyof Counts,
  least: number,
  fault: (at: number) => Faults,
  lost: RegExp,
): Promise<void> {
  const { device, counts } = on({});
  const { vae } = await scoreOn(device);
  vae.dispose();
  assert.ok(counts[count] >= least, `${counts[count]} ${count}`);
  for (let at = 0; at < counts[count]; at++) await assertScoresRight(fault(at), lost);
}

const WRONG: Readonly<Record<string, readonly [text: string | RegExp, wrong: string]>> = {
  "by a product": [/fma\(x0, y0,/g, "fma(x0, 1.01 * y0,"],
  "by a density": ["logVar + 1.83787704", "logVar + 1.83"],
  "by a sum": [
    "let total = pool[local - local % lanes];",
    "let total = 1.01 * pool[local - local % lanes];",
  ],
  "in the last rows alone": [
    /fma\(x(\d), y0,/g,
    "fma(x$1, select(y0, 0.0, group > 2u),",
  ],
  // Tiles of 32 rows: 64 of the 300, which include one of the sixteen parts, and more.
  "in some rows in the middle alone": [
    /fma\(x(\d), y0,/g,
    "fma(x$1, select(y0, 0.0, group == 4u || group == 5u),",
  ],
};

export const SCORING_FAULT_CHECKS: readonly TrainingCheck[] = [
  {
    name: "while it scores the device may be destroyed before whatever it is asked for",
    run: () => assertAllScoreRight("calls", 40, (at) => ({ destroyAtCall: at }), GONE),
  },
  {
    name: "while it scores the device may be destroyed after whatever is waited for",
    run: () => assertAllScoreRight("waits", 4, (at) => ({ destroyAfterWait: at }), GONE),
  },
  {
    name: "whatever a call asks for may be refused at once, from the first on",
    async run() {
      for (const name of [...DEVICE_CALLS, ...QUEUE_CALLS]) {
        await assertScoresRight({ throwAt: [name, 0] }, /the driver refuses/);
      }
    },
  },
  {
    name: "while it scores any buffer may be refused",
    run: () => assertAllScoreRight("buffers", 8, (at) => ({ failBuffer: at }), GONE),
  },
  {
    name: "while it scores the queue may throw at any submit",
    run: () =>
      assertAllScoreRight("submits", 4, (at) => ({ throwAtSubmit: at }), /the queue is gone/),
  },
  ...Object.entries(WRONG).map(([where, [text, wrong]]): TrainingCheck => ({
    name: `scores that come out wrong ${where} are found out`,
    run: () =>
      withWrongShader(
        text,
        wrong,
        (fault) => assertScoresRight(fault, /Cannot trust the GPU/),
      ),
  })),
  {
    name: "a device that is gone at once scores on WebAssembly",
    run: () => assertScoresRight({ destroyAtOpening: true }, /lost|Cannot use the GPU/),
  },
  {
    name: "scoring without an adapter is refused, and auto scores on WebAssembly",
    async run() {
      const { device } = on({ noAdapter: true });
      const vae = VAE.create(SMALL, { seed: 2, ...device });
      await assert.rejects(vae.score(ROWS), /Cannot use backend "webgpu": there is no adapter/);
      const auto = VAE.create(SMALL, { seed: 2, ...device, backend: "auto" });
      const { scores } = await onHost;
      assert.deepEqual(await auto.score(ROWS), scores.all);
    },
  },
  {
    name:
      "rows beyond one binding are scored in parts, and a model beyond it is refused by its limit",
    async run() {
      const { scores } = await onHost;
      const { device, counts } = on({ limits: { maxStorageBufferBindingSize: 4096 } });
      const vae = VAE.create(SMALL, { seed: 2, ...device });
      assertClose({ score: await vae.score(ROWS) }, { score: scores.all });
      assert.equal(vae.device.scoring, "webgpu");
      assert.ok(counts.waits > 3, `${counts.waits} waits`);
      const tiny = VAE.create(SMALL, {
        ...on({ limits: { maxStorageBufferBindingSize: 64 } }).device,
      });
      await assert.rejects(tiny.score(ROWS), /at most 64 bytes \(maxStorageBufferBindingSize\)/);
    },
  },
];
