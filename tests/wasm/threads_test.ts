/**
 * Threads start, work, fail and end without harm: whatever happens to them, runs give the results of one thread
 * (oracle: the closed form of the network), and reports are true.
 */
import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import type { Backend } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import { openWasm, type WasmProgram } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { CUTS, RECORD_WORDS, SPLIT_WORD } from "../../src/backends/wasm/abi.ts";
import { instantiate, loadKernels } from "../../src/backends/wasm/loader.ts";
import { LinearMemory } from "../../src/backends/wasm/memory.ts";
import { OP_NAMES } from "../../src/ops/names.ts";
import { bytesOf, openCrew } from "../util/threads.ts";
import { expectedY, INPUTS, networkPlan, OUTPUTS, parameters } from "./programs.ts";

const ROWS = 64;
const TWO = { threads: 2, processors: 2, tileWork: 1, certainWork: 0 } as const;

/** Compiles the network, and returns a function that runs it and checks the result. */
function network(backend: Backend<WasmProgram>) {
  const program = backend.compile(networkPlan(ROWS), { parameters: parameters(backend, 0.5) });
  const y = new Float32Array(ROWS * OUTPUTS);
  const check = (x: number) => {
    program.write("x", new Float32Array(ROWS * INPUTS).fill(x));
    program.run(ROWS);
    program.read("y", y);
    deepEqual(bytesOf(y), bytesOf(y.slice().fill(expectedY(x, 0.5))));
  };
  return { program, check };
}

/** Runs `body` with globals replaced, or removed if undefined. */
async function withGlobals(
  replaced: Readonly<Record<string, unknown>>,
  body: () => Promise<void>,
): Promise<void> {
  const kept = Object.keys(replaced).map((name) =>
    [name, Object.getOwnPropertyDescriptor(globalThis, name)!] as const
  );
  for (const [name, value] of Object.entries(replaced)) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
  try {
    await body();
  } finally {
    for (const [name, descriptor] of kept) Object.defineProperty(globalThis, name, descriptor);
  }
}

Deno.test("threads start with the first program that is worth sharing", async () => {
  const backend = openWasm(FULL_KERNELS, { threads: 2, processors: 2 });
  equal(backend.details.threads, 1);
  match(String(backend.details.reason), /^No program yet is large enough to share$/);
  const { check } = network(backend);
  await backend.ready!();
  equal(backend.details.threads, 1, "64 rows of 5 numbers are not");
  backend.dispose();

  const crew = openWasm(FULL_KERNELS, TWO);
  const { check: checkShared } = network(crew);
  checkShared(2); // before they have started
  await crew.ready!();
  deepEqual(crew.details, { build: "relaxed", determinism: "fast", threads: 2 });
  for (let x = 0; x < 100; x++) checkShared(x);
  crew.dispose();
  equal(crew.details.threads, 1);
  throws(() => check(1), { name: "InvalidStateError" });
});

Deno.test("one thread is the default, and shares no memory", () => {
  const backend = openWasm(FULL_KERNELS), { program } = network(backend);
  ok(program.scratch().buffer instanceof ArrayBuffer);
  deepEqual(backend.details, { build: "relaxed", determinism: "fast", threads: 1 });
  backend.dispose();
});

Deno.test("more threads than processors are not used, and the report says so", async () => {
  const backend = openWasm(FULL_KERNELS, { ...TWO, threads: 3 }),
    { check } = network(backend);
  await backend.ready!();
  equal(backend.details.threads, 2);
  equal(backend.details.reason, "2 of 3 can run at once here");
  check(3);
  backend.dispose();
  const single = openBackend("wasm", { threads: 1024 }).details;
  equal(single.threads, 1);
  match(String(single.reason), new RegExp(`^${navigator.hardwareConcurrency} of 1024 can run`));
});

Deno.test("8 threads on any number of processors neither deadlock nor lose a tile", async () => {
  const backend = await openCrew({ threads: 8 }), { check } = network(backend);
  for (let x = 0; x < 500; x++) check(x % 100);
  equal(backend.details.threads, 8);
  backend.dispose();
});

Deno.test("sleeping threads wake, and see memory that has grown since", async () => {
  const backend = await openCrew({ threads: 2 }), { check } = network(backend);
  const bytes = network(backend).program.scratch().buffer.byteLength;
  for (let i = 1; i <= 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20)); // far longer than they spin
    backend.allocate(i * 2 ** 20).write(0, [1]);
    const { program, check: checkAbove } = network(backend);
    ok(program.scratch().buffer.byteLength > bytes);
    for (let x = 0; x < 50; x++) [check, checkAbove][x % 2](x);
  }
  backend.dispose();
});

Deno.test("a backend can be disposed of before its threads have started, and twice", async () => {
  const backend = openWasm(FULL_KERNELS, TWO);
  network(backend).check(1);
  backend.dispose();
  backend.dispose();
  await backend.ready!();
  equal(backend.details.threads, 1);
});

Deno.test("without shared memory there is one thread, and a reason", async () => {
  await withGlobals({ SharedArrayBuffer: undefined }, async () => {
    const backend = openWasm(FULL_KERNELS, TWO), { check } = network(backend);
    await backend.ready!();
    check(2);
    equal(backend.details.threads, 1);
    match(
      String(backend.details.reason),
      /^Cannot share memory: .* a page must be cross-origin isolated$/,
    );
    backend.dispose();
  });
});

Deno.test("without workers there is one thread, and a reason", async () => {
  await withGlobals({ process: undefined, Worker: undefined }, async () => {
    const backend = openWasm(FULL_KERNELS, TWO), { check } = network(backend);
    await backend.ready!();
    check(2);
    deepEqual([backend.details.threads, backend.details.reason], [
      1,
      "Cannot start worker: this host has no workers",
    ]);
    backend.dispose();
  });
});

Deno.test("without node:worker_threads, workers are created from blob: URLs", async () => {
  await withGlobals({ process: undefined }, async () => {
    const backend = await openCrew({ threads: 3 }), { check } = network(backend);
    equal(backend.details.threads, 3);
    for (let x = 0; x < 200; x++) check(x % 100);
    backend.dispose();
  });
});

Deno.test("a worker that fails to start is reported, and runs go on without it", async () => {
  /** A worker that fails after a while, as if it could not compile its source. */
  class Broken {
    on(event: string, listener: (error: Error) => void): void {
      if (event === "error") setTimeout(() => listener(new Error("out of threads")), 5);
    }
    unref(): void {}
  }
  const process = { getBuiltinModule: () => ({ Worker: Broken }) };
  await withGlobals({ process }, async () => {
    const backend = openWasm(FULL_KERNELS, TWO), { check } = network(backend);
    check(1);
    await backend.ready!();
    check(2);
    deepEqual([backend.details.threads, backend.details.reason], [
      1,
      "Worker failed: out of threads",
    ]);
    backend.dispose();
  });
});

Deno.test("a worker that fails at work ends the run with an error, and later runs go on without threads", async () => {
  const { allocate } = LinearMemory.prototype;
  const workspace = instantiate(loadKernels(FULL_KERNELS).module).workspaceBytes() / 4;
  // A workspace past the end of memory, so that the first tile that the worker takes fails.
  LinearMemory.prototype.allocate = function (length) {
    return length === workspace ? 2 ** 30 - 64 : allocate.call(this, length);
  };
  const backend = openWasm(FULL_KERNELS, TWO), { check } = network(backend);
  LinearMemory.prototype.allocate = allocate;
  await backend.ready!();
  equal(backend.details.threads, 2);
  await rejects(async () => {
    for (let i = 0; i < 1e6; i++) check(i % 10);
  }, WebAssembly.RuntimeError);
  // The worker's own error arrives later.
  const isTold = () => /^Run failed; Worker failed: .*memory/.test(`${backend.details.reason}`);
  for (let i = 0; i < 1000 && !isTold(); i++) await new Promise((next) => setTimeout(next, 5));
  ok(isTold(), `${backend.details.reason}`);
  equal(backend.details.threads, 1);
  for (let x = 0; x < 10; x++) check(x);
  backend.dispose();
});

Deno.test("after a run that fails on every thread, one thread is left, which works", async () => {
  const backend = await openCrew({ threads: 3 }), { program, check } = network(backend);
  const words = new Uint32Array(program.scratch().buffer);
  const dense = OP_NAMES.indexOf("dense"), product = CUTS.indexOf("product");
  const records = words.reduce<number[]>((found, word, i) => {
    const isRecord = word === dense && (words[i + SPLIT_WORD] & 0xff) === product &&
      words[i + RECORD_WORDS - 1] === 0 && words[i + 11] === OUTPUTS;
    return isRecord ? [...found, i] : found;
  }, []);
  ok(records.length > 0);
  for (const i of records) words[i] = 999;
  throws(() => check(1), WebAssembly.RuntimeError);
  for (const i of records) words[i] = dense;
  check(1);
  deepEqual([backend.details.threads, backend.details.reason], [1, "Run failed"]);
  backend.dispose();
});
