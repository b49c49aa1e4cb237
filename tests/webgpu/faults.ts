/**
 * Training while something goes wrong: the device destroyed before whatever it is asked for and after whatever is
 * waited for, every buffer refused, every submit thrown, every kind of call refused at once, every kind of shader made to compute
 * wrongly, no adapter, no device. Each run must end as WebAssembly's does, or be refused by name.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { type Counts, DEVICE_CALLS, type Faults, QUEUE_CALLS } from "./faulty_gpu.ts";
import {
  assertEndsRight,
  type Example,
  on,
  OVERLAPPING,
  SMALL,
  train,
  type TrainingCheck,
  WITH_DRAWS,
} from "./training.ts";

const GONE = /the device was lost|Cannot use the GPU/;

/** One fault for each of so many places, which a run without faults is asked for. */
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

/** What may be refused while a run is prepared or at work, each in the middle. */
const REFUSED: readonly (readonly [name: string, time: number])[] = [
  ["createBindGroup", 1],
  ["createBuffer", 8],
  ["createComputePipeline", 2],
  ["createShaderModule", 2],
  ["writeBuffer", 8],
  ["submit", 1],
];

/** What a kind of shader is made to do: a text that it has, and what stands there then. */
type Wrong = Readonly<Record<string, readonly [text: string | RegExp, wrong: string]>>;

const WRONG: Wrong = {
  "a product": [/fma\(x0, y0,/g, "fma(x0, 1.01 * y0,"],
  "a density": ["logVar + 1.83787704", "logVar + 1.83"],
  "noise": ["turn(v, 1u - (col & 1u))", "turn(v, col & 1u)"],
  "a sum over columns": [
    "let total = pool[local - local % lanes];",
    "let total = 1.01 * pool[local - local % lanes];",
  ],
  "a sum over rows": ["sum += scratch", "sum = scratch"],
  "a norm": ["sum = fma(value, value, sum);", "sum += value;"],
  "an update": ["fma(-rate, step,", "fma(rate, step,"],
  "gathering": ["data[source + col]", "data[source]"],
  "recording": ["= scratch[source + k];", "= 1.01 * scratch[source + k];"],
};

const WRONG_WITH_DRAWS: Wrong = {
  "an activation": ["withSign(m / (m + 2.0), x)", "withSign(m / (m + 2.1), x)"],
  "a log-sum-exp": ["result += logarithm(total);", "result += 1.01 * logarithm(total);"],
  "a softmax": ["- largest) / total;", "- largest) / (total + 0.1);"],
  "the repetition of rows": [/\(row \/ records/g, "(row % records"],
};

async function assertFound(example: Example, text: string | RegExp, wrong: string): Promise<void> {
  let changed = 0;
  const shader = (code: string) => {
    const other = code.replaceAll(text, wrong);
    changed += Number(other !== code);
    return other;
  };
  await assertEndsRight({ shader }, /Cannot trust the GPU/, example);
  assert.ok(changed > 0, "no shader has that text");
}

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
      // A device that has nothing yet cannot be told from none.
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
  ...([[SMALL, WRONG], [WITH_DRAWS, WRONG_WITH_DRAWS]] as const).flatMap(([example, kinds]) =>
    Object.entries(kinds).map(([what, [text, wrong]]): TrainingCheck => ({
      name: `${what} that comes out wrong is found out`,
      run: () => assertFound(example, text, wrong),
    }))
  ),
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
      // The step that failed and those after it, of one network of four, were the host's.
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
