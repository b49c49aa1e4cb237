/**
 * The kernels as a WebAssembly module: a build of `assembly/`, embedded in hexadecimal, chosen by what the host
 * validates, and compiled once per process.
 *
 *   simd     separate multiply and add: the same bits on every machine
 *   relaxed  fused multiply-add if the processor has it: faster
 *
 * Each comes in two sets: all kernels, and only those of scoring. The caller imports a set (`kernels/full.ts`,
 * `kernels/score.ts`) and passes it in, so that scoring does not bundle training. On hosts that forbid compiling bytes,
 * pass a compiled module to `useKernels`.
 */
import { fromHexadecimal } from "../../core/bytes/hex.ts";
import type { Plan } from "../../graph/plan.ts";
import { sharedModule } from "./threads/shared_module.ts";
import { type Unfused, unfusedModule } from "./unfused.ts";

export type KernelBuild = "simd" | "relaxed";

/** Both builds of a set: the relaxed one, and how to make the other from it (`unfused.ts`). */
export interface KernelSet {
  /** The relaxed build in hexadecimal. */
  readonly hex: string;
  readonly unfused: Unfused;
  /** Whether it omits the kernels that only training runs. */
  readonly forwardOnly: boolean;
  /** The same plan in instructions that suit the kernels better. */
  arrange?(plan: Plan): Plan;
}

/** A compiled build. */
export interface Kernels {
  readonly build: KernelBuild;
  readonly forwardOnly: boolean;
  readonly module: WebAssembly.Module;
}

/** The exports of a build; see `assembly/index.ts`. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  run(list: number, count: number, batchRows: number): void;
  runAlone(list: number, count: number, batchRows: number): void;
  heapBase(): number;
  isRelaxed(): number;
  isForwardOnly(): number;
  lead(tileWork: number, maySleep: boolean): void;
  isWorthSharing(list: number, count: number, batchRows: number): number;
  helpers(): number;
  dismiss(): void;
  workspaceBytes(): number;
}

/** Exports that the main thread of a backend needs; a worker needs those that `worker.ts` uses. */
const EXPORTS: readonly (keyof KernelExports)[] = [
  "memory",
  "run",
  "runAlone",
  "heapBase",
  "isRelaxed",
  "isForwardOnly",
  "lead",
  "isWorthSharing",
  "helpers",
  "dismiss",
  "workspaceBytes",
];

/** Pages of 64 kB: initially enough for the kernels' own data, at most the WebAssembly limit of 4 GiB. */
const INITIAL_PAGES = 10;
const MAXIMUM_PAGES = 65536;

/** Minimal modules that contain one instruction of each kind: i32x4.splat, f32x4.relaxed_madd. */
const PROBES: Readonly<Record<KernelBuild, readonly number[]>> = {
  simd: [...preamble(8), 1, 6, 0, 65, 0, 253, 17, 11],
  // deno-fmt-ignore
  relaxed: [
    ...preamble(19), 1, 17, 0, 65, 1, 253, 17, 65, 1, 253, 17, 65, 1, 253, 17, 253, 133, 2, 11,
  ],
};

/** The modules for training or for scoring: those compiled so far, and the one passed to `useKernels`. */
interface LoadedKernels {
  readonly compiled: Map<KernelBuild, Kernels>;
  /** The same, built for shared memory. */
  readonly shared: Map<KernelBuild, WebAssembly.Module>;
  preferred?: Kernels;
}

// Compiled modules outlive every backend, to avoid compiling twice.
const training: LoadedKernels = { compiled: new Map(), shared: new Map() };
const scoring: LoadedKernels = { compiled: new Map(), shared: new Map() };

/**
 * Makes `loadKernels` return `module` from now on: always for scoring, and also for training unless it is a
 * scoring-only build.
 * @throws TypeError if it is not a build of `assembly/`
 */
export function useKernels(module: WebAssembly.Module): void {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  if (!EXPORTS.every((name) => names.includes(name))) {
    throw new TypeError(`Cannot use module: expected a build of the kernels, got exports ${names}`);
  }
  const { isRelaxed, isForwardOnly } = instantiate(module);
  const build = isRelaxed() ? "relaxed" : "simd", forwardOnly = Boolean(isForwardOnly());
  const kernels = { build, forwardOnly, module } as const;
  for (const known of forwardOnly ? [scoring] : [scoring, training]) {
    known.preferred = kernels;
    known.compiled.set(build, kernels);
  }
}

/**
 * @param build default the build passed to `useKernels`, else the fastest that the host can run
 * @throws DOMException "NotSupportedError" if the host lacks WebAssembly or the instructions
 * @throws TypeError if the host forbids compiling bytes
 */
export function loadKernels(set: KernelSet, build?: KernelBuild): Kernels {
  if (typeof WebAssembly === "undefined") {
    throw new DOMException("Cannot load kernels: this host has no WebAssembly", UNSUPPORTED);
  }
  const { compiled, preferred } = set.forwardOnly ? scoring : training;
  const wanted = build ?? preferred?.build ?? bestBuild();
  const known = compiled.get(wanted);
  if (known) return known;
  const module = compile(kernelBytes(set, wanted), wanted);
  const kernels = { build: wanted, forwardOnly: set.forwardOnly, module };
  compiled.set(wanted, kernels);
  return kernels;
}

/**
 * The same build for shared memory; always the embedded one.
 * @throws TypeError if the host forbids compiling bytes
 */
export function loadSharedKernels(set: KernelSet, build: KernelBuild): WebAssembly.Module {
  const { shared } = set.forwardOnly ? scoring : training;
  const module = shared.get(build) ?? compile(sharedModule(kernelBytes(set, build)), build);
  shared.set(build, module);
  return module;
}

/** @throws RangeError or TypeError if the host cannot create such a memory */
export function createMemory(shared = false): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared });
}

export function instantiate(
  module: WebAssembly.Module,
  memory = createMemory(),
): KernelExports {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as KernelExports;
}

/** The bytes of an embedded build. */
export function kernelBytes(set: KernelSet, build: KernelBuild): Uint8Array<ArrayBuffer> {
  const relaxed = fromHexadecimal(set.hex);
  return build === "relaxed" ? relaxed : unfusedModule(relaxed, set.unfused);
}

/** Whether the host supports the instructions of a build. */
export function canRun(build: KernelBuild): boolean {
  return WebAssembly.validate(Uint8Array.from(PROBES[build]));
}

const UNSUPPORTED = "NotSupportedError";
const INSTRUCTIONS = { simd: "SIMD", relaxed: "relaxed SIMD" } as const;

function bestBuild(): KernelBuild {
  return canRun("relaxed") ? "relaxed" : "simd";
}

function compile(bytes: Uint8Array<ArrayBuffer>, build: KernelBuild): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    if (!canRun(build)) {
      const message = `Cannot load kernels: this host has no WebAssembly ${INSTRUCTIONS[build]}`;
      throw new DOMException(message, UNSUPPORTED);
    }
    throw new TypeError(
      "Cannot compile kernels on this host: pass a compiled module to useKernels() first",
      { cause },
    );
  }
}

/** The start of a module with one function () → v128, up to the code section's size `bytes`. */
function preamble(bytes: number): number[] {
  return [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, bytes];
}
