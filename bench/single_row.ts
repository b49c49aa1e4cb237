/**
 * The time of a score of one row: `scoreInto` of the benchmark's three networks, in µs. `best` is the smallest mean of
 * many short samples; p50 and p99 are of single calls, clock included (some 0.1 µs), each the smallest of several
 * rounds, because other work of the machine says nothing about a score.
 *
 *     deno run bench/single_row.ts          (pin it to a core: taskset -c 1 …)
 */
import { TrainedVae } from "../src/scoring/mod.ts";
import { HostRandom } from "../src/core/random/philox.ts";
import { initialize } from "../src/models/initialize.ts";
import { type ModelSpecInput, parseSpec } from "../src/models/spec.ts";
import { parametersOf } from "../src/models/vae_graph.ts";

const ROUNDS = 12;
const WARM_UP_MS = 300;
/** Calls of a sample whose mean is taken. */
const SAMPLE_MS = 0.4;
const ROWS = 64;

const network = (width: number, activation: "tanh" | "relu") => ({ hidden: [width], activation });

function workload(
  inputs: number,
  layer: ReturnType<typeof network>,
  size: number,
  type: "gaussian" | "bernoulli",
): ModelSpecInput {
  const likelihood = type === "gaussian" ? { type, variance: 1 } : { type };
  return { inputs, encoder: layer, decoder: layer, latent: [{ size }], likelihood };
}

const WORKLOADS = {
  "W1 32-64-8": workload(32, network(64, "tanh"), 8, "gaussian"),
  "W2 128-256-32": workload(128, network(256, "relu"), 32, "gaussian"),
  "W3 784-400-20": workload(784, network(400, "relu"), 20, "bernoulli"),
};

interface Timed {
  readonly label: string;
  readonly score: (i: number) => void;
  best: number;
  p50: number;
  p99: number;
}

function timed(name: string, input: ModelSpecInput, weights: "f32" | "bf16"): Timed {
  const spec = parseSpec(input), random = new HostRandom(1, 0, 0);
  const vae = new TrainedVae(spec, initialize(parametersOf(spec), 1, "auto"), { weights });
  const rows = Array.from(
    { length: ROWS },
    () => Float32Array.from({ length: spec.inputs }, () => random.uniformF64()),
  );
  const out = new Float64Array(1);
  const score = (i: number) => vae.scoreInto(rows[i % ROWS], out);
  return { label: `${name} ${weights}`, score, best: Infinity, p50: Infinity, p99: Infinity };
}

function elapsed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function measure(each: Timed): void {
  const { score } = each;
  const repeat = (count: number) => () => {
    for (let i = 0; i < count; i++) score(i);
  };
  const count = Math.max(1, Math.round(SAMPLE_MS / (elapsed(repeat(100)) / 100)));
  for (let sample = 0; sample < 100; sample++) {
    each.best = Math.min(each.best, elapsed(repeat(count)) / count);
  }
  const single = Float64Array.from({ length: 2000 }, (_, i) => elapsed(() => score(i))).sort();
  each.p50 = Math.min(each.p50, single[single.length >> 1]);
  each.p99 = Math.min(each.p99, single[Math.floor(0.99 * single.length)]);
}

const all = Object.entries(WORKLOADS).flatMap(([name, input]) =>
  (["f32", "bf16"] as const).map((weights) => timed(name, input, weights))
);
for (const { score } of all) {
  const start = performance.now();
  for (let i = 0; performance.now() - start < WARM_UP_MS; i++) score(i);
}
for (let round = 0; round < ROUNDS; round++) all.forEach(measure);
for (const { label, ...times } of all) {
  const [best, p50, p99] = [times.best, times.p50, times.p99]
    .map((ms) => (1000 * ms).toFixed(2).padStart(8));
  console.log(`${label.padEnd(20)} best${best}   p50${p50}   p99${p99}`);
}
