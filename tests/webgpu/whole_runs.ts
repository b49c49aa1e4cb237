/**
 * 200 steps on WebGPU against the same on WebAssembly: loss curves of three models, the final parameters and Adam's
 * moments, and slightly wrong arithmetic, which must be noticed.
 *
 * Tolerance. `roundingAfter`, for a loss, and for the root mean square of parameters and moments. (Measured: a fortieth
 * of it for losses; 999 thousandths of the learning rate differ by ten times of it and more.)
 */
import assert from "node:assert/strict";
import type { CheckpointStore, CreateOptions, FitReport } from "../../mod.ts";
import { sizeAt } from "../../src/core/shape.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { parseOptimizer } from "../../src/training/optimizer.ts";
import { stateLayout } from "../../src/training/program/train_program.ts";
import { readDigits } from "../util/digits.ts";
import {
  assertSameCurve,
  type Example,
  roundingAfter,
  table,
  train,
  type TrainingCheck,
} from "./training.ts";
import { on, withWrongShader } from "./faulty_gpu.ts";

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

/** A run, and its final parameters and optimiser state. */
interface WholeRun {
  readonly report: FitReport;
  readonly parameters: Float32Array;
  /** Adam's first and second moments. */
  readonly moments: readonly [Float32Array, Float32Array];
}

async function trainWhole(example: Example, device: CreateOptions): Promise<WholeRun> {
  let held = new Uint8Array();
  const checkpoint: CheckpointStore = {
    everySeconds: 1e9,
    read: () => Promise.resolve(undefined),
    write: (bytes) => Promise.resolve(void (held = new Uint8Array(bytes))),
  };
  const { report } = await train({ ...example, fit: { ...example.fit, checkpoint } }, device);
  const { tensors } = readModelFile(held);
  const [parameters, state] = ["parameters", "state"].map((name) =>
    tensors.get(`current.${name}`)!.data as Float32Array
  );
  const specs = parametersOf(parseSpec(example.spec));
  const { places } = stateLayout(parseOptimizer({ type: "adam" }), specs);
  const momentsOf = (kind: "m" | "v") =>
    Float32Array.from(
      [...places].flatMap(([name, { offset, shape }]) =>
        name.endsWith(`.${kind}`) ? [...state.subarray(offset, offset + sizeAt(shape, 1))] : []
      ),
    );
  return { report, parameters, moments: [momentsOf("m"), momentsOf("v")] };
}

function assertSameRun(got: WholeRun, want: WholeRun, steps: number): void {
  assertSameCurve(got.report, want.report);
  const all = (run: WholeRun) => [run.parameters, ...run.moments];
  all(want).forEach((expected, i) => {
    assert.ok(expected.length > 100, "nothing is compared");
    const actual = all(got)[i], limit = roundingAfter(steps);
    const distance = rootMeanSquare(expected.map((value, e) => value - actual[e])) /
      rootMeanSquare(expected);
    assert.ok(distance <= limit, `${distance} of ${["parameters", "m", "v"][i]} is over ${limit}`);
  });
}

const rootMeanSquare = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

/** Slightly wrong optimisers and slopes: a text of a shader, and its replacement. */
const SLIGHTLY_WRONG: Readonly<Record<string, readonly [text: RegExp, wrong: string]>> = {
  "999 thousandths of the rate": [/fma\(-rate, step,/g, "fma(-0.999 * rate, step,"],
  "a hundred times epsilon": [/(sqrt\(second \/ correction2\) \+ )(.*)\);/g, "$1 100.0 * $2);"],
  "beta1 less a ten-thousandth": [/let first = fma\((.*?), /g, "let first = fma(0.9999 * $1, "],
  "beta2 less a ten-thousandth": [/let second = fma\((.*?), /g, "let second = fma(0.9999 * $1, "],
  "a slope of tanh off by a ten-thousandth": [
    /\(\(1\.0 - (\w+)\) \* \(1\.0 \+/g,
    "((1.0001 - $1) * (1.0 +",
  ],
};

/** Noticed during the run, or by its result. */
async function assertSeen(text: RegExp, wrong: string): Promise<void> {
  const example = EXAMPLES["Bernoulli digits"];
  await withWrongShader(text, wrong, async (fault) => {
    const got = await trainWhole(example, on(fault).device);
    if (/Cannot trust the GPU/.test(got.report.gpu?.lost ?? "")) return;
    assert.equal(got.report.gpu?.lost, undefined);
    const want = await trainWhole(example, { backend: "wasm" });
    assert.throws(() => assertSameRun(got, want, 200), assert.AssertionError);
  });
}

export const WHOLE_RUN_CHECKS: readonly TrainingCheck[] = [
  ...Object.entries(EXAMPLES).map(([name, example]): TrainingCheck => ({
    name: `${name}: loss curve, parameters and moments of 200 steps are those of WebAssembly`,
    async run() {
      const want = await trainWhole(example, { backend: "wasm" });
      const got = await trainWhole(example, { backend: "webgpu" });
      assert.equal(got.report.gpu?.lost, undefined);
      assert.equal(got.report.gpu?.steps, 200);
      assertSameRun(got, want, 200);
    },
  })),
  ...Object.entries(SLIGHTLY_WRONG).map(([what, [text, wrong]]): TrainingCheck => ({
    name: `${what} is seen in 200 steps`,
    run: () => assertSeen(text, wrong),
  })),
];
