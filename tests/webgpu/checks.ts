/**
 * All checks for a WebGPU implementation, as a list that runs in Deno and in a browser: conformance of every operation,
 * derivatives, random graphs, golden values, ten optimiser steps, calls of models, short runs. The checks do not know
 * where they run; they get a backend and the bytes of files.
 */
import { equal, ok } from "node:assert/strict";
import { openAccelerator } from "../../src/backends/open.ts";
import type { GpuBackend } from "../../src/backends/webgpu/backend.ts";
import { requireSelfTest } from "../../src/trained/device/self_test.ts";
import { OP_NAMES } from "../../src/ops/names.ts";
import { checkOperation } from "../conformance/conformance.ts";
import { checkGradients, checkPieces } from "../golden/pieces.ts";
import { checkSteps } from "../golden/steps.ts";
import { readGolden } from "../golden/vae_golden.ts";
import { HALF_CALL_CHECK } from "./halves.ts";
import { CALL_CHECKS } from "./scoring.ts";
import { assertSameCurve, SMALL, train, WITH_DRAWS } from "./training.ts";
import { TILE_CHECKS } from "./tuning.ts";
import { F32_UNIT_ROUNDOFF } from "../util/close.ts";
import {
  checkComposed,
  checkDerivatives,
  checkLongSums,
  checkRandomGraphs,
} from "./derivatives.ts";

/** What a check gets. */
export interface World {
  /** With the default options. */
  readonly backend: GpuBackend;
  /** Without merging of dispatches, so that all plans share the shaders of single operations. */
  readonly plain: GpuBackend;
  /** The bytes of a file, by its path under tests/. */
  readonly file: (path: string) => Promise<Uint8Array>;
}

export interface Check {
  readonly name: string;
  readonly run: (world: World) => Promise<void>;
}

const GOLDENS = [
  "bernoulli_relu",
  "bernoulli_tanh",
  "gaussian_fixed",
  "gaussian_mixed",
  "gaussian_per_feature",
  "gaussian_shared",
  "iwae_bernoulli",
  "iwae_bernoulli_dreg",
  "iwae_gaussian_dreg",
  "iwae_gaussian_stl",
  "linear",
];

/** Other posteriors, with given noise, and by how much a relaxed draw amplifies an error: 1/τ. */
const OTHER_POSTERIORS: readonly (readonly [file: string, amplified: number])[] = [
  ["posteriors/full_iwae", 1],
  ["posteriors/iaf", 1],
  ["posteriors/two_layers_iwae", 1],
  ["posteriors/ladder_iwae", 1],
  ["categorical/gumbel_softmax", 2.5],
  ["categorical/straight_through", 2.5],
];

/** Those whose training steps run with the default options; compiling them takes software adapters seconds. */
const FUSED_GOLDENS = ["iwae_gaussian_dreg"];

export const CHECKS: readonly Check[] = [
  ...OP_NAMES.map((op): Check => ({
    name: `${op}() conforms to the float64 reference`,
    // Memory has a different layout, so nothing runs in place.
    run: ({ plain }) => checkOperation(op, plain, { inPlace: false }),
  })),
  {
    name: "derivatives of every operation agree with the reference",
    run: ({ plain }) => checkDerivatives(plain),
  },
  {
    name: "gradients of whole objectives agree with the reference",
    run: ({ plain }) => checkComposed(plain),
  },
  {
    name: "sums over thousands of rows agree with the reference",
    run: ({ plain }) => checkLongSums(plain),
  },
  {
    name: "random graphs, fused, agree with the reference",
    run: ({ backend }) => checkRandomGraphs(backend),
  },
  ...GOLDENS.map((name): Check => ({
    name: `golden ${name}: pieces of the bound, gradients and ten steps agree with PyTorch`,
    async run({ plain, file }) {
      const golden = readGolden(await file(`golden/vae/${name}.safetensors`), name);
      await checkPieces(golden, plain, F32_UNIT_ROUNDOFF);
      await checkGradients(golden, plain, F32_UNIT_ROUNDOFF);
      await checkSteps(golden, plain, F32_UNIT_ROUNDOFF);
    },
  })),
  ...OTHER_POSTERIORS.map(([path, amplified]): Check => ({
    name: `golden ${path}: loss and gradients agree with PyTorch`,
    async run({ plain, file }) {
      const golden = readGolden(await file(`golden/${path}.safetensors`), path);
      await checkGradients(golden, plain, amplified * F32_UNIT_ROUNDOFF);
    },
  })),
  ...FUSED_GOLDENS.map((name): Check => ({
    name: `golden ${name}, fused: ten steps agree with PyTorch`,
    async run({ backend, file }) {
      const golden = readGolden(await file(`golden/vae/${name}.safetensors`), name);
      await checkSteps(golden, backend, F32_UNIT_ROUNDOFF);
    },
  })),
  {
    name: "two epochs, and two with several draws, train as on WebAssembly",
    async run() {
      for (const example of [SMALL, WITH_DRAWS]) {
        const { report: want, vae: host } = await train(example, { backend: "wasm" });
        const { report, vae } = await train(example, { backend: "webgpu" });
        ok(report.gpu !== undefined && report.gpu.lost === undefined, report.gpu?.lost);
        equal(report.gpu.steps, 8);
        assertSameCurve(report, want);
        for (const each of [vae, host]) each.dispose();
      }
    },
  },
  {
    name: "the self-test passes",
    async run() {
      const accelerator = await openAccelerator({ allowSoftware: true });
      await requireSelfTest(accelerator);
      accelerator.dispose();
    },
  },
  ...TILE_CHECKS,
  ...CALL_CHECKS,
  HALF_CALL_CHECK,
];
