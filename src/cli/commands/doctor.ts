/**
 * `elbow doctor`: what this machine offers, and whether WebAssembly computes the same as the float64 reference.
 */
import { Command } from "npm:commander@15.1.0";
import { type AdapterReport, openBackend } from "../../backends/open.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { Detector } from "../../detection/detector.ts";
import { TRIAL_OPERATIONS } from "../../training/gpu/choice.ts";
import { VAE } from "../../training/vae.ts";
import { type Io, print } from "../io.ts";
import * as options from "../options.ts";
import { jsonLine, report, wrapped } from "../text/text.ts";
import { VERSION } from "../../core/version.ts";

/**
 * The smallest modules that use the named feature: a function whose body drops one value.
 * Bytes as in the specification, sections 5.5.3 (magic), 5.5.4 (types), 5.5.6, 5.5.13 (code).
 */
const FEATURES = {
  simd: moduleOf([0x41, 0x00, 0xfd, 0x0f, 0x1a]), // i32.const 0, i8x16.splat, drop
  // Two splats, i8x16.relaxed_swizzle, drop
  relaxedSimd: moduleOf([0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0xfd, 0x80, 0x02, 0x1a]),
} as const;

/** Tolerance between the scores of both backends, relative to the largest: float32 against float64. */
const TOLERANCE = 1e-3;

interface Findings {
  readonly elbow: string;
  readonly deno: string;
  readonly v8: string;
  readonly platform: string;
  readonly processors: number;
  readonly webAssembly: boolean;
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** Whether memory can be shared between threads. */
  readonly sharedMemory: boolean;
  readonly threads: ThreadTest;
  readonly gpu: GpuFindings;
  /** The device that backend "auto" chooses. */
  readonly auto: Readonly<Record<string, string | number | boolean>>;
  readonly selfTest: SelfTest;
}

/** The adapter, or why there is none; and whether backend "auto" would ever train on it. */
type GpuFindings =
  | AdapterReport & { readonly adapter: true; readonly auto: boolean }
  | { readonly adapter: false; readonly auto: false; readonly reason: string };

/** The outcome of training on several threads. */
interface ThreadTest {
  readonly tried: number;
  readonly atWork: number;
  /** Why not all of them worked, or null. */
  readonly reason: string | null;
}

interface SelfTest {
  readonly passed: boolean;
  /** The largest difference between a score on wasm and on the reference, relative to the scores. */
  readonly difference: number | null;
}

export function doctorCommand(io: Io): Command {
  return new Command("doctor").summary("show what this machine offers")
    .description("Shows what this machine offers and tests the fast backend against the reference.")
    .addOption(options.jsonOption())
    .action(async ({ json }: options.JsonOption) => {
      const findings = await examine(io);
      if (json) print(io, jsonLine({ ...findings }));
      else io.stdout(report([{ lines: linesOf(findings) }]));
      if (findings.selfTest.passed) return;
      throw new DOMException(
        "Cannot trust backend wasm here: it disagrees with the reference backend: use --backend reference",
        "OperationError",
      );
    });
}

async function examine(io: Io): Promise<Findings> {
  const backend = openBackend("auto");
  const auto = { backend: backend.name, ...backend.details };
  backend.dispose();
  const webAssembly = typeof WebAssembly === "object";
  return {
    elbow: VERSION,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    platform: `${Deno.build.os} ${Deno.build.arch}`,
    processors: navigator.hardwareConcurrency,
    webAssembly,
    simd: webAssembly && WebAssembly.validate(FEATURES.simd),
    relaxedSimd: webAssembly && WebAssembly.validate(FEATURES.relaxedSimd),
    sharedMemory: typeof SharedArrayBuffer === "function",
    threads: await testThreads(auto.backend),
    gpu: await examineGpu(io),
    auto,
    selfTest: await testBackend(auto.backend),
  };
}

async function examineGpu(io: Io): Promise<GpuFindings> {
  try {
    const found = await io.gpu();
    return { adapter: true, auto: !found.software, ...found };
  } catch (error) {
    return { adapter: false, auto: false, reason: (error as Error).message };
  }
}

/** Trains on the reference, and scores the same rows with the same model on both backends. */
async function testBackend(backend: string): Promise<SelfTest> {
  if (backend !== "wasm") return { passed: true, difference: null };
  const random = new HostRandom(1, 0, 0);
  const rows = Array.from({ length: 64 }, () => {
    const cause = random.uniformF64();
    return [cause, 2 * cause + 0.1 * random.uniformF64(), random.uniformF64()];
  });
  const options = { epochs: 3, hidden: [8], latent: 2, seed: 1 } as const;
  const expected = await Detector.fit(rows, { ...options, backend: "reference" });
  const trained = await Detector.fit(rows, { ...options, backend: "wasm" });
  const loaded = await Detector.load(expected.save(), { backend: "wasm" });
  const right = await scoresOf(expected, rows);
  const differences = [await scoresOf(trained, rows), await scoresOf(loaded, rows)].flatMap((
    scores,
  ) => scores.map((score, r) => Math.abs(score - right[r])));
  const difference = Math.max(...differences) / Math.max(...right.map(Math.abs));
  for (const each of [expected, trained, loaded]) each.dispose();
  return { passed: difference < TOLERANCE, difference };
}

/** Trains a model large enough to share on as many threads as there are processors, at most 4. */
async function testThreads(backend: string): Promise<ThreadTest> {
  const tried = Math.min(navigator.hardwareConcurrency, 4);
  if (backend !== "wasm") return { tried, atWork: 1, reason: `backend ${backend} has one thread` };
  const [rows, inputs] = [128, 256];
  const data = Float32Array.from({ length: rows * inputs }, (_, i) => Math.sin(i));
  const vae = VAE.create({ inputs, latent: [{ size: 2 }] }, { backend: "wasm", threads: tried });
  await vae.fit({ data, shape: [rows, inputs] }, { epochs: 1 });
  const { threads: atWork, reason = null } = vae.device;
  vae.dispose();
  return { tried, atWork, reason: reason as string | null };
}

async function scoresOf(detector: Detector, rows: readonly number[][]): Promise<number[]> {
  return (await detector.score(rows)).map(({ score }) => score);
}

function linesOf(findings: Findings): [string, string][] {
  const yes = (value: boolean) => value ? "yes" : "no";
  const { auto: { backend, ...details }, selfTest: { passed, difference } } = findings;
  const shown = Object.entries(details).map(([name, value]) => `${name} ${value}`).join(", ");
  const agreed = difference === null
    ? "not run: this host has no WebAssembly"
    : `${passed ? "passed" : "FAILED"}: wasm and reference differ by ${
      difference.toExponential(1)
    }`;
  return [
    ["Elbow", findings.elbow],
    ["Deno", `${findings.deno} (V8 ${findings.v8})`],
    ["Machine", `${findings.platform}, ${findings.processors} processors`],
    ["WebAssembly", yes(findings.webAssembly)],
    ["  SIMD", yes(findings.simd)],
    ["  relaxed SIMD", yes(findings.relaxedSimd)],
    ["  shared memory", yes(findings.sharedMemory)],
    ["Threads", threadsText(findings.threads)],
    ...gpuLines(findings.gpu),
    ["Backend auto", `${backend} (${shown})`],
    ["Self-test", agreed],
  ];
}

function gpuLines(gpu: GpuFindings): [string, string][] {
  if (!gpu.adapter) return [["GPU", `none: ${gpu.reason}`]];
  const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
  return [
    ["GPU", `${gpu.name} (${gpu.software ? "software" : "hardware"})`],
    ...wrapped(gpu.features.length > 0 ? gpu.features : ["none"], 60)
      .map((line, i): [string, string] => [i === 0 ? "  features" : "", line]),
    [
      "  largest binding",
      `${mebibytes(maxStorageBufferBindingSize)} (limits all parameters together)`,
    ],
    ["  largest buffer", mebibytes(maxBufferSize)],
    ["  training", trainingText(gpu)],
  ];
}

function trainingText({ software }: AdapterReport): string {
  return software
    ? "only with --backend webgpu: auto ignores software adapters"
    : `auto tries it for runs of ${TRIAL_OPERATIONS.toExponential()} operations, and keeps it if it is faster`;
}

function threadsText({ tried, atWork, reason }: ThreadTest): string {
  return `${atWork} of ${tried} started${reason === null ? "" : `: ${reason}`}`;
}

/** A module with one function without parameters or results. */
function moduleOf(body: readonly number[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 4, 1, 0x60, 0, 0],
    ...[3, 2, 1, 0],
    ...[10, code.length + 2, 1, code.length, ...code],
  ]);
}
