/**
 * Compares the compiler's levels: the size and speed of the kernels that each gives. All levels in one process on one
 * core, in turns, the best of many samples of half a millisecond. The table of ADR 10.
 *
 *     deno task bench:levels [--samples N] [relaxed|simd]
 *
 * W3 rows are of several models in turn, so that their weights come from memory. Compiling takes half of the 2 minutes.
 */
import { parseArgs } from "node:util";
import { useKernels } from "../src/backends/wasm/loader.ts";
import { initialize } from "../src/models/initialize.ts";
import { parseSpec } from "../src/models/spec.ts";
import { parametersOf } from "../src/models/vae_graph.ts";
import { TrainedVae } from "../src/scoring/mod.ts";
import { compile } from "../scripts/build_kernels.ts";
import { markdownTable } from "../scripts/lib/table.ts";
import { type Elbow, loadElbow, type Machine } from "./lib/elbow.ts";
import { mapped, product } from "./lib/graphs.ts";
import { openPinning, pinSelf, reportMachine } from "./lib/machine.ts";
import { specOf } from "./lib/models.ts";
import { randomModel } from "./lib/random_model.ts";
import { type Call, timed, warmUp } from "./lib/timing.ts";
import { figure } from "./lib/units.ts";
import { WORKLOADS } from "./lib/workloads.ts";

type Build = "relaxed" | "simd";

/** By name, the flags for the compiler. */
const LEVELS: Readonly<Record<string, readonly string[]>> = {
  "-O3": ["--optimizeLevel", "3", "--shrinkLevel", "0"],
  "-O3 --converge": ["--optimizeLevel", "3", "--shrinkLevel", "0", "--converge"],
  "-O3, shrink 1": ["--optimizeLevel", "3", "--shrinkLevel", "1"],
  "-O3, shrink 2": ["--optimizeLevel", "3", "--shrinkLevel", "2"],
  "-O2": ["--optimizeLevel", "2", "--shrinkLevel", "0"],
  "-O2, shrink 1": ["--optimizeLevel", "2", "--shrinkLevel", "1"],
  "-O1": ["--optimizeLevel", "1", "--shrinkLevel", "0"],
};

const SAMPLE_MS = 0.5, WARM_UP_MS = 400, W3_MODELS = 16;

/** One build on one case. */
interface Timed {
  readonly call: Call;
  readonly calls: number;
  best: number;
}

/** `scoreInto` for one row, with packed weights. */
function rowOf(name: string, seed: number, { determinism }: Machine): Call {
  const workload = WORKLOADS.find((each) => each.name === name)!;
  const spec = parseSpec(specOf(workload)), { rows } = randomModel(workload, 1, seed);
  const vae = new TrainedVae(spec, initialize(parametersOf(spec), seed, "auto"), { determinism });
  const out = new Float64Array(1);
  return () => vae.scoreInto(rows, out);
}

/** The cases for the kernels in use, by name. */
function casesOf(elbow: Elbow, machine: Machine): Readonly<Record<string, Call>> {
  const many = Array.from({ length: W3_MODELS }, (_, seed) => rowOf("W3", seed, machine));
  let turn = 0;
  const x = Float32Array.from({ length: 4096 }, (_, i) => 8 * Math.sin(i));
  const tanh = mapped(elbow, x, 64, (g, node) => g.activation(node, { kind: "tanh" }), machine);
  return {
    "128×784×400": product(elbow, [128, 784, 400], machine).run,
    "128×32×64": product(elbow, [128, 32, 64], machine).run,
    "W1 row": rowOf("W1", 0, machine),
    [`W3 row of ${W3_MODELS} models`]: () => many[turn++ % W3_MODELS](),
    "tanh of 4096": tanh.run,
  };
}

async function gzipLength(text: string): Promise<number> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).length;
}

async function measure(build: Build, samples: number): Promise<void> {
  const elbow = await loadElbow();
  const machine: Machine = { determinism: build === "simd" ? "portable" : "fast" };
  const sizes: string[][] = [], timings: Timed[][] = [];
  let names: string[] = [];
  for (const flags of Object.values(LEVELS)) {
    const wasm = await compile("assembly/index.ts", build, flags);
    sizes.push([wasm.length, await gzipLength(wasm.toHex())].map(String));
    useKernels(new WebAssembly.Module(wasm));
    const cases = casesOf(elbow, machine);
    names = Object.keys(cases);
    timings.push([]);
    for (const call of Object.values(cases)) {
      const ms = await warmUp(call, WARM_UP_MS);
      timings.at(-1)!.push({ call, calls: Math.ceil(SAMPLE_MS / ms), best: Infinity });
    }
  }
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < names.length; i++) {
      for (const level of timings) {
        const each = level[i];
        each.best = Math.min(each.best, await timed(each.call, each.calls) / each.calls);
      }
    }
  }
  const head = [build, "bytes", "gzip of hex", ...names.map((name) => `${name}, µs`)];
  const rows = Object.keys(LEVELS).map((level, i) => {
    return [level, ...sizes[i], ...timings[i].map(({ best }) => figure(1000 * best))];
  });
  console.log(`${markdownTable(head, rows)}\n`);
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { samples: { type: "string", default: "150" } },
});
const pinning = await openPinning();
await pinSelf(pinning);
const { cpu, deno } = reportMachine(pinning);
console.log(`${cpu}, Deno ${deno}; best of ${options.samples} samples\n`);
for (const build of ["relaxed", "simd"] as const) {
  if (positionals.length === 0 || positionals.includes(build)) {
    await measure(build, Number(options.samples));
  }
}
