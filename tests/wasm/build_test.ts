/** What ships: two builds, small, which import a memory alone and are what their headers say. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  canRun,
  createMemory,
  instantiate,
  kernelBytes,
  loadKernels,
  loadSharedKernels,
  useKernels,
} from "../../src/backends/wasm/loader.ts";
import { sharedModule } from "../../src/backends/wasm/shared_module.ts";

const LIMIT_BYTES = 64 * 1024;

for (const build of ["simd", "relaxed"] as const) {
  Deno.test(`the ${build} build is valid, imports a memory alone and has at most 64 kB`, async () => {
    const bytes = kernelBytes(build);
    ok(WebAssembly.validate(bytes));
    ok(bytes.length <= LIMIT_BYTES, `${bytes.length} bytes`);
    const { module } = loadKernels(build);
    const memory = { module: "env", name: "memory", kind: "memory" };
    deepEqual(WebAssembly.Module.imports(module), [memory]);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    const threads = ["lead", "isWorthSharing", "helpers", "dismiss", "join", "help", "fail"];
    deepEqual(
      names.sort(),
      ["heapBase", "isRelaxed", "memory", "run", "workspaceBytes", ...threads].sort(),
    );
    const source = new URL(`../../src/backends/wasm/kernels/${build}.gen.ts`, import.meta.url);
    const header = (await Deno.readTextFile(source)).split("*/")[0];
    ok(header.includes(`AssemblyScript 0.28.20, ${bytes.length} bytes`), header);
  });
}

for (const build of ["simd", "relaxed"] as const) {
  Deno.test(`the ${build} build for shared memory is the same but for one byte`, () => {
    const bytes = kernelBytes(build), shared = sharedModule(bytes);
    const changed = [...bytes.keys()].filter((i) => shared[i] !== bytes[i]);
    deepEqual(changed.map((i) => [bytes[i], shared[i]]), [[1, 3]]);
    const module = loadSharedKernels(build);
    equal(instantiate(module, createMemory(true)).memory.buffer.constructor, SharedArrayBuffer);
    throws(() => instantiate(module), WebAssembly.LinkError);
    throws(() => instantiate(loadKernels(build).module, createMemory(true)), WebAssembly.LinkError);
    equal(loadSharedKernels(build), module, "compiled once");
  });
}

Deno.test("sharedModule() refuses a module that does not import its memory", () => {
  const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  throws(() => sharedModule(empty), /^TypeError: Cannot share memory: the module must import/);
});

Deno.test("this host runs both builds, and the probes are valid modules only where it does", () => {
  deepEqual([canRun("simd"), canRun("relaxed")], [true, true]);
});

Deno.test("only the relaxed build holds relaxed instructions", () => {
  // f32x4.relaxed_madd is 0xfd 0x85 0x02.
  const count = (bytes: Uint8Array) =>
    bytes.reduce((sum, byte, i) => {
      return sum + Number(byte === 0xfd && bytes[i + 1] === 0x85 && bytes[i + 2] === 0x02);
    }, 0);
  equal(count(kernelBytes("simd")), 0);
  ok(count(kernelBytes("relaxed")) > 0);
});

Deno.test("loadKernels() compiles each build once, and prefers what useKernels() was given", () => {
  equal(loadKernels("simd").module, loadKernels("simd").module);
  equal(loadKernels().build, "relaxed");
  const own = new WebAssembly.Module(kernelBytes("simd"));
  useKernels(own);
  deepEqual(loadKernels(), { build: "simd", module: own });
  useKernels(loadKernels("relaxed").module);
  const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  throws(() => useKernels(empty), /^TypeError: Cannot use module/);
});
