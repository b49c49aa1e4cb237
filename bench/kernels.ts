/**
 * How near the matrix products come to what the machine can do: GFLOP/s per shape, beside a loop of 12
 * independent multiply-adds that touches no memory. Best of many short samples, one thread.
 *
 *     deno run --allow-all bench/kernels.ts
 */
import * as asc from "npm:assemblyscript@0.28.20/asc";
import { openWasm } from "../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../src/backends/wasm/kernels/full.ts";
import type { KernelBuild } from "../src/backends/wasm/loader.ts";
import { batched } from "../src/core/shape.ts";
import { createGraph } from "../src/graph/graph.ts";
import { layOut } from "../src/graph/layout.ts";
import { plan } from "../src/graph/plan.ts";

const SAMPLES = 60;
const SAMPLE_MS = 2;
/** Until the engine has surely replaced its first, quick code by optimised code. */
const WARM_UP_MS = 500;

/** Rows, terms of each sum, columns. */
const SHAPES = [
  [128, 784, 400],
  [128, 400, 784],
  [512, 512, 512],
  [128, 32, 64],
  [32, 784, 400],
  [1, 784, 400],
] as const;

/** The best GFLOP/s over the samples, each of about SAMPLE_MS. */
function bestRate(run: () => void, flops: number): number {
  const start = performance.now();
  while (performance.now() - start < WARM_UP_MS) run();
  const once = timed(run, 20) / 20;
  const repeats = Math.max(1, Math.round(SAMPLE_MS / once));
  const fastest = Array.from({ length: SAMPLES }, () => timed(run, repeats) / repeats)
    .reduce((least, each) => Math.min(least, each));
  return flops / fastest / 1e6;
}

function timed(run: () => void, repeats: number): number {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) run();
  return performance.now() - start;
}

/** GFLOP/s of multiply-adds in registers, as the build does them; an argument keeps them from folding. */
async function peakRate(build: KernelBuild): Promise<number> {
  const names = Array.from({ length: 12 }, (_, i) => `s${i}`);
  const step = (name: string) =>
    build === "relaxed"
      ? `${name} = f32x4.relaxed_madd(${name}, a, b);`
      : `${name} = f32x4.add(f32x4.mul(${name}, a), b);`;
  const source = `
    export function spin(count: i32, x: f32): f32 {
      const a = f32x4.splat(x), b = f32x4.splat(x);
      ${names.map((name, i) => `let ${name} = f32x4.splat(${i});`).join("\n")}
      for (let i = 0; i < count; i++) { ${names.map(step).join("\n")} }
      return ${names.map((name) => `f32x4.extract_lane(${name}, 0)`).join(" + ")};
    }`;
  const options = { optimizeLevel: 3, runtime: "stub", use: ["abort="] };
  const enable = build === "relaxed" ? ["simd", "relaxed-simd"] : ["simd"];
  const { binary, stderr } = await asc.compileString(source, { ...options, enable });
  if (!binary) throw new TypeError(`Cannot compile the probe: ${stderr}`);
  const { spin } = new WebAssembly.Instance(new WebAssembly.Module(binary.slice())).exports;
  const count = 10_000;
  return bestRate(() => (spin as (count: number, x: number) => number)(count, 0.5), count * 12 * 8);
}

/** GFLOP/s of one `dense` without activation, called through a program. */
function denseRate(build: KernelBuild, [rows, inner, cols]: readonly number[]): number {
  const backend = openWasm(FULL_KERNELS, { build });
  const tensors = [{ name: "w", rows: inner, cols }, { name: "b", rows: 1, cols }];
  const parameters = layOut("parameters", tensors);
  const segment = backend.allocate(parameters.length);
  segment.write(0, Float32Array.from({ length: segment.length }, (_, i) => Math.sin(i)));
  const g = createGraph();
  const x = g.input("x", batched(inner));
  const [w, b] = tensors.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const outputs = { y: g.dense(x, w, b, { activation: "identity" }) };
  const program = backend.compile(plan(g, { outputs, capacity: rows, parameters }), {
    parameters: segment,
  });
  program.write("x", Float32Array.from({ length: rows * inner }, (_, i) => Math.cos(i)));
  const rate = bestRate(() => program.run(rows), 2 * rows * inner * cols);
  backend.dispose();
  return rate;
}

for (const build of ["relaxed", "simd"] as const) {
  const peak = await peakRate(build);
  console.log(`${build.padEnd(16)}${peak.toFixed(1).padStart(7)} GFLOP/s in registers`);
  for (const shape of SHAPES) {
    const rate = denseRate(build, shape);
    const share = `${(100 * rate / peak).toFixed(0)} %`;
    console.log(
      `  ${shape.join("x").padEnd(14)}${rate.toFixed(1).padStart(7)} ${share.padStart(7)}`,
    );
  }
}
