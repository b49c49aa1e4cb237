/**
 * Single-row scores after warm-up, half of them by a table's scorer and half by a bare model
 * with bf16 weights: WebAssembly memory does not grow at all, and the JS heap, measured between two
 * forced collections, by less than one byte per hundred scores.
 *
 * What is measured is the least of three rounds: a leak is in each of them, code that the engine compiles
 * anew in one. The bound for a million is 10 KB: an object of one number per score would be 16 MB, a leaked one per
 * thousand scores 16 KB. What is left is the collector's and the compiler's own.
 */
import assert from "node:assert/strict";

interface Case {
  readonly preset: "small" | "ensemble";
  /** Until the engine has compiled all it will. */
  readonly warmUp: number;
  readonly scores: number;
}

/** Fewer of the ensemble's, each of which takes tens of a network's. */
const CASES: readonly Case[] = [
  { preset: "small", warmUp: 200_000, scores: 500_000 },
  { preset: "ensemble", warmUp: 400_000, scores: 100_000 },
];

const MODULE = new URL("../../mod.ts", import.meta.url).href;

const program = ({ preset, warmUp, scores }: Case) => `
import { Detector, TrainedVae } from "${MODULE}";
const { Instance, Memory } = WebAssembly;
const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(i), Math.sin(2 * i)]);
const instances = [];
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args) {
    const instance = new target(...args);
    instances.push(instance);
    return instance;
  },
});
const detector = await Detector.fit(rows, { preset: "${preset}", epochs: 2, seed: 1, hidden: [16], latent: 2 });
const wasmBytes = () =>
  instances.flatMap(({ exports }) => Object.values(exports))
    .filter((each) => each instanceof Memory)
    .reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
const vae = await TrainedVae.load(detector.save(), { weights: "bf16" });
const out = new Float64Array(5), inputs = rows.map((row) => Float32Array.from(row));
const score = (count) => {
  for (let i = 0; i < count; i += 2) {
    detector.scoreInto(rows[i % 200], out);
    vae.scoreInto(inputs[i % 200], out);
  }
};
// Warm-up: compiled programs, and the engine's optimised code for the loop.
score(${warmUp});
const heap = () => {
  for (let i = 0; i < 5; i++) gc();
  return Deno.memoryUsage().heapUsed;
};
heap();
const start = wasmBytes(), growths = [];
for (let round = 0; round < 3; round++) {
  const before = heap();
  score(${scores});
  growths.push(heap() - before);
}
console.log(JSON.stringify({
  backend: detector.device.backend,
  instances: instances.length,
  wasm: start,
  wasmGrowth: wasmBytes() - start,
  heapGrowth: Math.min(...growths),
}));
`;

for (const each of CASES) {
  Deno.test(`scores grow neither WebAssembly memory nor the JS heap: ${each.preset}`, () =>
    run(each));
}

async function run(each: Case): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  await Deno.writeTextFile(file, program(each));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-read", "--allow-sys", "--v8-flags=--expose-gc", file],
    stdin: "null",
  }).output();
  await Deno.remove(file);
  assert.ok(success, new TextDecoder().decode(stderr));
  const { backend, instances, wasm, wasmGrowth, heapGrowth } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  assert.equal(backend, "wasm");
  assert.ok(instances > 0 && wasm > 0, "the memory is the one that is watched");
  assert.equal(wasmGrowth, 0);
  assert.ok(heapGrowth < each.scores / 100, `the heap grew by ${heapGrowth} bytes`);
}
