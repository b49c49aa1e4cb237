/**
 * Scores of single rows allocate nothing: after warm-up, WebAssembly memory does not grow at all, and the JS heap,
 * measured between two forced collections, by less than one byte per hundred scores. Half of the scores are by a
 * table's scorer, half by a bare model with bf16 weights.
 *
 * The smallest growth of three rounds counts: a leak appears in each, code that the engine recompiles only in one. The
 * limit for a million scores is 10 KB. An object with one number per score would be 16 MB, one per thousand scores 16
 * KB. The rest belongs to the collector and the compiler.
 */
import assert from "node:assert/strict";

interface Case {
  readonly preset: "small" | "ensemble";
  /** Scores until the engine has compiled everything. */
  readonly warmUp: number;
  readonly scores: number;
}

/** Fewer scores by the ensemble, which takes tens of times as long per score as a network. */
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
