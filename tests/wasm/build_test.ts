/**
 * What is shipped: two sets of kernels in two builds each. They are small, import only a memory, and are what their
 * headers say.
 */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { SCORE_KERNELS } from "../../src/backends/wasm/kernels/score.ts";
import {
  canRun,
  createMemory,
  instantiate,
  kernelBytes,
  loadKernels,
  loadSharedKernels,
  useKernels,
} from "../../src/backends/wasm/loader.ts";
import { sharedModule } from "../../src/backends/wasm/threads/shared_module.ts";

const LIMIT_BYTES = 64 * 1024;
const THREADS = ["lead", "isWorthSharing", "helpers", "dismiss", "join", "help", "fail"];
const EXPORTS = [
  "heapBase",
  "isForwardOnly",
  "isRelaxed",
  "memory",
  "run",
  "runAlone",
  "workspaceBytes",
  ...THREADS,
]
  .sort();

const BUILDS = [
  ["simd", FULL_KERNELS, "simd"],
  ["relaxed", FULL_KERNELS, "relaxed"],
  ["score_simd", SCORE_KERNELS, "simd"],
  ["score_relaxed", SCORE_KERNELS, "relaxed"],
] as const;

for (const [name, set, build] of BUILDS) {
  Deno.test(`the ${name} build is valid, imports only a memory and has at most 64 kB`, async () => {
    const bytes = kernelBytes(set, build);
    ok(WebAssembly.validate(bytes));
    ok(bytes.length <= LIMIT_BYTES, `${bytes.length} bytes`);
    const { module, forwardOnly } = loadKernels(set, build);
    const memory = { module: "env", name: "memory", kind: "memory" };
    deepEqual(WebAssembly.Module.imports(module), [memory]);
    deepEqual(WebAssembly.Module.exports(module).map(({ name }) => name).sort(), EXPORTS);
    const { isRelaxed, isForwardOnly } = instantiate(module);
    deepEqual([isRelaxed(), isForwardOnly()], [build === "relaxed" ? 2 : 0, Number(forwardOnly)]);
    equal(forwardOnly, set === SCORE_KERNELS);
    const source = new URL(
      `../../src/backends/wasm/kernels/${set === FULL_KERNELS ? "full" : "score"}_set.gen.ts`,
      import.meta.url,
    );
    const header = (await Deno.readTextFile(source)).split("*/")[0];
    const { length } = kernelBytes(set, "relaxed");
    ok(header.includes(`AssemblyScript 0.28.20, ${length} bytes`), header);
  });
}

for (const [name, set, build] of BUILDS) {
  Deno.test(`the ${name} build for shared memory differs in a single byte`, () => {
    const bytes = kernelBytes(set, build), shared = sharedModule(bytes);
    const changed = [...bytes.keys()].filter((i) => shared[i] !== bytes[i]);
    deepEqual(changed.map((i) => [bytes[i], shared[i]]), [[1, 3]]);
    const module = loadSharedKernels(set, build);
    equal(instantiate(module, createMemory(true)).memory.buffer.constructor, SharedArrayBuffer);
    throws(() => instantiate(module), WebAssembly.LinkError);
    const alone = loadKernels(set, build).module;
    throws(() => instantiate(alone, createMemory(true)), WebAssembly.LinkError);
    equal(loadSharedKernels(set, build), module, "compiled once");
  });
}

Deno.test("sharedModule() refuses a module that does not import its memory", () => {
  const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  throws(() => sharedModule(empty), /^TypeError: Cannot share memory: the module must import/);
});

Deno.test("a host without Uint8Array.fromBase64 reads the same bytes", () => {
  const { fromBase64 } = Uint8Array;
  const bytes = kernelBytes(SCORE_KERNELS, "simd");
  Reflect.deleteProperty(Uint8Array, "fromBase64");
  try {
    equal("fromBase64" in Uint8Array, false);
    deepEqual(kernelBytes(SCORE_KERNELS, "simd"), bytes);
  } finally {
    Uint8Array.fromBase64 = fromBase64;
  }
});

Deno.test("this host runs both builds, and the probes are valid modules exactly if it does", () => {
  deepEqual([canRun("simd"), canRun("relaxed")], [true, true]);
});

Deno.test("only the relaxed builds have relaxed instructions", () => {
  // f32x4.relaxed_madd is 0xfd 0x85 0x02.
  const count = (bytes: Uint8Array) =>
    bytes.reduce((sum, byte, i) => {
      return sum + Number(byte === 0xfd && bytes[i + 1] === 0x85 && bytes[i + 2] === 0x02);
    }, 0);
  for (const set of [FULL_KERNELS, SCORE_KERNELS]) {
    equal(count(kernelBytes(set, "simd")), 0);
    ok(count(kernelBytes(set, "relaxed")) > 0);
  }
});

Deno.test("loadKernels() compiles each build once, and prefers a module given to useKernels()", () => {
  equal(loadKernels(FULL_KERNELS, "simd").module, loadKernels(FULL_KERNELS, "simd").module);
  equal(loadKernels(FULL_KERNELS).build, "relaxed");
  const module = new WebAssembly.Module(kernelBytes(FULL_KERNELS, "simd"));
  const own = { build: "simd", forwardOnly: false, module } as const;
  useKernels(module);
  // Kernels that can train can score.
  for (const set of [FULL_KERNELS, SCORE_KERNELS]) deepEqual(loadKernels(set), own);
  // Kernels that only score do not replace those for training.
  const score = new WebAssembly.Module(kernelBytes(SCORE_KERNELS, "relaxed"));
  useKernels(score);
  deepEqual(loadKernels(FULL_KERNELS), own);
  deepEqual(loadKernels(SCORE_KERNELS), { build: "relaxed", forwardOnly: true, module: score });
  useKernels(loadKernels(FULL_KERNELS, "relaxed").module);
  const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  throws(() => useKernels(empty), /^TypeError: Cannot use module/);
});
