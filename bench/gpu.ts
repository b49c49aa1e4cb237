/**
 * Training steps on a GPU: first equality, then time. The losses of both backends must agree before anything is timed.
 * Then each case takes steps with data on the device, 64 per submit, as `fit` does, with the losses read back at the
 * end of each; then scores of many rows, as `score` gives them; and a plain matrix product. Host time is what the host
 * spends on a step before it waits: writing, encoding, submitting.
 *
 *     deno task bench:gpu [--quick] [--seconds S]
 *
 * It needs Deno and a Vulkan, Metal or Direct3D driver. `--quick` uses tiny sizes and any adapter, produces every row
 * of the table, and writes nothing, because figures of a software adapter say nothing about a GPU. A whole run refuses
 * a software adapter, and is published. `gpu/pytorch.py` times the same work, and `gpu/compare.ts` says which goals are
 * met.
 */
import { parseArgs } from "node:util";
import { describeAdapter } from "../src/backends/open.ts";
import { operationsOf } from "../src/graph/cost.ts";
import { assertParity, GpuTask } from "./gpu/task.ts";
import {
  type GpuCell,
  gpuPage,
  type GpuResults,
  type ProductCell,
  type ScoreCell,
} from "./gpu/page.ts";
import { timeProduct, timeScores } from "./gpu/forward.ts";
import { loadElbow } from "./lib/elbow.ts";
import { specOf } from "./lib/models.ts";
import { openPinning, reportMachine } from "./lib/machine.ts";
import { publish } from "./lib/publish.ts";
import { randomModel } from "./lib/random_model.ts";
import { median } from "./lib/statistics.ts";
import { IWAE, type Workload, WORKLOADS } from "./lib/workloads.ts";

interface Case {
  readonly workload: Workload;
  readonly batch: number;
  /** Draws per row of the importance-weighted bound; none for the ELBO. */
  readonly samples?: number;
}

const BATCHES = [128, 1024, 8192];
const QUICK_BATCH = 4;

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, seconds: { type: "string" } },
});
const { quick } = options;
const PARITY = { steps: quick ? 4 : 20, batch: 20 };
/** Rows that are scored, and sides of square matrices. */
const SCORED = quick ? 64 : 65_536, SIDES = quick ? [48] : [1024, 4096];
const seconds = Number(options.seconds ?? (quick ? 0.2 : 2));
const find = (name: string) => WORKLOADS.find((each) => each.name === name)!;

const CASES: readonly Case[] = quick
  ? [
    ...WORKLOADS.map((workload) => ({ workload, batch: QUICK_BATCH })),
    { ...IWAE, workload: find(IWAE.workload), batch: 2 },
  ]
  : [
    ...WORKLOADS.flatMap((workload) => BATCHES.map((batch) => ({ workload, batch }))),
    { ...IWAE, workload: find(IWAE.workload) },
  ];

const adapter = await describeAdapter();
if (adapter.software && !quick) {
  throw new DOMException(
    `Cannot publish: the adapter must be a GPU, got the software adapter "${adapter.name}" (--quick takes it)`,
    "NotSupportedError",
  );
}
console.log(`${adapter.name}${adapter.software ? " (software)" : ""}`);
const elbow = await loadElbow();
const cells: GpuCell[] = [];
for (const each of CASES) {
  const { workload, batch, samples } = each;
  const objective = elbow.objective.parseObjective(
    samples ? { type: "iwae", samples } : { type: "elbo" },
  );
  const small = Math.min(batch, PARITY.batch);
  const parity = await assertParity(
    elbow,
    randomModel(workload, small, 1),
    objective,
    PARITY.steps,
  );
  const task = await GpuTask.open(elbow, randomModel(workload, batch, 1), batch, objective);
  const times = await task.sample(seconds, quick ? 2 : undefined), { dispatches } = task;
  task.dispose();
  const ms = median(times.map(({ total }) => total));
  const cell: GpuCell = {
    ...{ workload: workload.name, batch, samples: samples ?? null, parity, ms },
    gigaflops: operationsOf(task.plan) / ms / 1e6,
    hostMs: median(times.map(({ host }) => host)),
    dispatches,
    submits: times.length,
  };
  cells.push(cell);
  console.log(
    `${cell.workload} batch ${batch}: ${cell.ms.toFixed(3)} ms, host ${
      cell.hostMs.toFixed(4)
    } ms, ` +
      `${dispatches} dispatches`,
  );
}
const scores: ScoreCell[] = [];
for (const workload of WORKLOADS) {
  const cell = await timeScores(workload.name, specOf(workload), SCORED, seconds);
  scores.push(cell);
  console.log(`${cell.workload} scores: ${Math.round(cell.rowsPerSecond)} rows/s`);
}
const products: ProductCell[] = [];
for (const side of SIDES) {
  const cell = await timeProduct(side, seconds);
  products.push(cell);
  console.log(`${side} × ${side} product: ${cell.gigaflops.toFixed(2)} GFLOP/s`);
}
const results: GpuResults = {
  date: new Date().toISOString(),
  machine: reportMachine(await openPinning()),
  adapter,
  seconds,
  ...{ cells, scores, products },
};
if (quick) {
  const what = adapter.software ? "a software adapter, not of a GPU" : "tiny sizes";
  console.log(`\n${gpuPage(results)}\n\nFigures of ${what}: nothing is written.`);
} else await publish("gpu", results, gpuPage(results), true);
Deno.exit();
