/** Memory of the WebAssembly backend: it grows if it must, is reused, and does not change during runs. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { openWasm } from "../util/wasm.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { instantiate, loadKernels } from "../../src/backends/wasm/loader.ts";
import { LinearMemory, ReadWindow } from "../../src/backends/wasm/memory.ts";
import { expectedY, INPUTS, LAYOUT, networkPlan, OUTPUTS, parameters } from "./programs.ts";

const MEGABYTE = 2 ** 20;

function openMemory(): LinearMemory {
  const { memory, heapBase } = instantiate(loadKernels(FULL_KERNELS).module);
  return new LinearMemory(memory, heapBase());
}

Deno.test("allocate() gives zeroed, disjoint ranges at multiples of 256 bytes above the kernels", () => {
  const memory = openMemory(), { heapBase } = instantiate(loadKernels(FULL_KERNELS).module);
  const [a, b] = [memory.allocate(3), memory.allocate(100)];
  ok(4 * a >= heapBase());
  deepEqual([(4 * a) % 256, (4 * b) % 256], [0, 0]);
  ok(b >= a + 3);
  memory.f32.fill(7, b, b + 100);
  memory.free(b);
  equal(memory.allocate(50), b);
  deepEqual([...memory.f32.subarray(b, b + 50)], new Array(50).fill(0));
});

Deno.test("growth keeps the contents, and views follow it", () => {
  const memory = openMemory();
  const index = memory.allocate(4), window = new ReadWindow(memory, index), bytes = memory.bytes;
  memory.f32.set([1, 2, 3, 4], index);
  const got = new Float32Array(4);
  window.copyTo(got);
  memory.allocate(4 * MEGABYTE);
  ok(memory.bytes >= bytes + 15 * MEGABYTE);
  window.copyTo(got.fill(0));
  deepEqual([...got], [1, 2, 3, 4]);
  memory.f32[index] = 9;
  const wide = new Float64Array(2);
  window.copyTo(wide);
  deepEqual([...wide], [9, 2]);
});

Deno.test("a program still runs after another has made the memory grow", () => {
  const backend = openWasm(), segment = parameters(backend, 0.5);
  const program = backend.compile(networkPlan(4), { parameters: segment });
  const y = new Float32Array(2 * OUTPUTS);
  const run = (x: number) => {
    program.write("x", new Float32Array(2 * INPUTS).fill(x));
    program.run(2);
    program.read("y", y);
    deepEqual([...y], new Array(2 * OUTPUTS).fill(expectedY(x, 0.5)));
  };
  run(1);
  backend.allocate(MEGABYTE).write(0, [1]);
  run(3);
  run(-1);
  backend.dispose();
});

Deno.test("a thousand cycles of compile and dispose do not make the memory grow", () => {
  const { module } = loadKernels(FULL_KERNELS);
  const grown: number[] = [];
  const grow = WebAssembly.Memory.prototype.grow;
  const backend = openWasm(), segment = parameters(backend, 1);
  const programPlan = networkPlan(300);
  const cycle = () => {
    const own = backend.allocate(5000);
    const program = backend.compile(programPlan, { parameters: segment });
    program.run(1);
    own.dispose();
    program.dispose();
    program.dispose(); // the second call changes nothing
  };
  cycle();
  WebAssembly.Memory.prototype.grow = function (delta) {
    grown.push(delta);
    return grow.call(this, delta);
  };
  try {
    for (let i = 0; i < 1000; i++) cycle();
    deepEqual(grown, []);
    instantiate(module).memory.grow(1);
    deepEqual(grown, [1], "the spy sees growth");
  } finally {
    WebAssembly.Memory.prototype.grow = grow;
  }
  backend.dispose();
});

Deno.test("100,000 runs of one row allocate nothing in WebAssembly or on the heap", () => {
  const backend = openWasm(), segment = parameters(backend, 0.25);
  const program = backend.compile(networkPlan(8), { parameters: segment });
  const x = new Float32Array(INPUTS).fill(1), y = new Float64Array(OUTPUTS);
  const score = (count: number) => {
    for (let i = 0; i < count; i++) {
      program.write("x", x);
      program.run(1);
      program.read("y", y);
    }
  };
  score(20_000); // let the engine compile
  const buffer = program.scratch().buffer, before = Deno.memoryUsage();
  score(100_000);
  const after = Deno.memoryUsage();
  equal(program.scratch().buffer, buffer);
  // One object of 16 bytes per run would be 1.6 MB; the engine itself needs far less.
  const growth = after.heapUsed - before.heapUsed;
  ok(growth < 400_000, `the heap grew by ${growth} bytes`);
  deepEqual([...y], new Array(OUTPUTS).fill(expectedY(1, 0.25)));
  backend.dispose();
});

Deno.test("disposed objects cannot be used, and neither can those of another backend", () => {
  const backend = openWasm(), other = openWasm(), segment = parameters(backend, 1);
  const programPlan = networkPlan(2);
  const program = backend.compile(programPlan, { parameters: segment });
  throws(
    () => other.compile(programPlan, { parameters: segment }),
    /^TypeError: Cannot compile: the segment belongs to another backend$/,
  );
  program.dispose();
  const gone = { name: "InvalidStateError", message: /Cannot \w+.*: the .* was disposed$/ };
  throws(() => program.run(1), gone);
  throws(() => program.write("x", [1]), gone);
  throws(() => program.read("y", new Float32Array(1)), gone);
  throws(() => program.scratch(), gone);
  segment.dispose();
  throws(() => segment.write(0, [1]), gone);
  throws(() => backend.compile(programPlan, { parameters: segment }), gone);
  backend.dispose();
  throws(() => backend.allocate(1), gone);
});

Deno.test("invalid names, ranges, rows and integers are refused", () => {
  const backend = openWasm(), segment = parameters(backend, 1);
  const program = backend.compile(networkPlan(2), { parameters: segment });
  throws(() => program.write("z", [1]), /^RangeError: Cannot write "z": the program has "x"$/);
  throws(() => program.read("x", new Float32Array(1)), /the program has "y"$/);
  throws(() => program.write("x", new Float32Array(2 * INPUTS + 1)), /Cannot write input "x"/);
  throws(() => program.read("y", new Float32Array(2 * OUTPUTS + 1)), /Cannot read output "y"/);
  for (const rows of [0, 3, 1.5, NaN]) {
    throws(() => program.run(rows), /rows must be an integer from 1 to 2, got/);
  }
  throws(() => segment.write(LAYOUT.length, [1]), /Cannot write segment: elements must lie in/);
  throws(() => segment.read(-1, new Float32Array(1)), /Cannot read segment: elements must lie in/);
  backend.dispose();
});
