/** Scores of many rows, and a plain product, on a GPU; each is compared with the host's before it is timed. */
import { openWebgpu } from "../../src/backends/webgpu/backend.ts";
import { batched, fixed } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import type { ModelSpecInput } from "../../src/models/spec.ts";
import { VAE } from "../../src/training/vae.ts";
import type { ProductCell, ScoreCell } from "./page.ts";

/** Products per wait. */
const PER_WAIT = 8;

/** @throws Error if the scores are not those of WebAssembly, or the device is lost */
export async function timeScores(
  workload: string,
  spec: ModelSpecInput,
  rows: number,
  seconds: number,
): Promise<ScoreCell> {
  const device = VAE.create(spec, { seed: 1, backend: "webgpu" });
  const host = VAE.create(spec, { seed: 1, backend: "wasm" });
  const data = Float32Array.from({ length: rows * device.spec.inputs }, (_, i) => {
    return 0.5 + 0.5 * Math.sin(i);
  });
  const x = { data, shape: [rows, device.spec.inputs] as const };
  const [got, want] = [await device.score(x), await host.score(x)];
  const largest = want.reduce((most, each) => Math.max(most, Math.abs(each)), 1);
  // Sums of a score have fewer than 2^14 terms: see graph/cost.ts.
  want.forEach((score, r) => {
    if (Math.abs(got[r] - score) <= 8 * 2 ** 7 * 2 ** -24 * largest) return;
    throw new Error(
      `Cannot trust the GPU: score ${r} must be ${score}, got ${got[r]}`,
    );
  });
  let calls = 0;
  const start = performance.now(), end = start + 1000 * seconds;
  do await device.score(x); while (++calls > 0 && performance.now() < end);
  const taken = (performance.now() - start) / 1000, { lost } = device.device;
  device.dispose();
  host.dispose();
  if (lost) throw new Error(`Cannot time scores: ${lost}`);
  return { workload, rows, rowsPerSecond: calls * rows / taken };
}

/** @throws Error if an element is not its sum */
export async function timeProduct(side: number, seconds: number): Promise<ProductCell> {
  const backend = await openWebgpu({ allowSoftware: true });
  const g = createGraph(), x = g.input("x", batched(side)), w = g.input("w", fixed(side, side));
  const product = g.matmul(x, w, { transposeA: false, transposeB: false });
  const request = { capacity: side, parameters: { length: 0, places: new Map() } };
  const compiled = plan(g, { outputs: { product }, ...request });
  await backend.prepare(compiled);
  const program = backend.compile(compiled, { parameters: backend.allocate(0) });
  const left = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i));
  const right = Float32Array.from({ length: side * side }, (_, i) => Math.cos(i));
  program.write("x", left);
  program.write("w", right);
  program.run(side);
  const result = new Float32Array(side * side), first = new Float32Array(1);
  await program.read("product", result);
  let sum = 0;
  for (let k = 0; k < side; k++) sum += left[(side - 1) * side + k] * right[k * side + side - 1];
  if (!(Math.abs(result.at(-1)! - sum) <= (side + 4) * 2 ** -24 * side)) {
    throw new Error(
      `Cannot trust the GPU: a product must be ${sum}, got ${result.at(-1)}`,
    );
  }
  let taken = 0;
  const start = performance.now(), end = start + 1000 * seconds;
  do {
    for (let i = 0; i < PER_WAIT; i++) program.run(side);
    await program.read("product", first);
    taken += PER_WAIT;
  } while (performance.now() < end);
  const ms = (performance.now() - start) / taken;
  backend.dispose();
  return { side, ms, gigaflops: 2 * side ** 3 / ms / 1e6 };
}
