/**
 * Training steps on a GPU: parity first, then time. The losses of both backends must agree before
 * anything is timed; then each case takes steps from data that lies on the device, 64 to a submit, as
 * `fit` does, with the losses read back at the end of each. Host time is what the host spends on a step before
 * it waits: writing, encoding, submitting.
 *
 *     deno task bench:gpu [--quick] [--seconds S]
 *
 * It needs Deno and a Vulkan, Metal or Direct3D driver. `--quick` takes tiny sizes and any adapter; a
 * whole run refuses a software adapter, and is published. `gpu/pytorch.py` times the same work.
 */
import { parseArgs } from "node:util";
import { describeAdapter } from "../src/backends/open.ts";
import { assertParity, GpuTask } from "./gpu/task.ts";
import { type GpuCell, gpuPage, type GpuResults } from "./gpu/page.ts";
import { loadElbow } from "./lib/elbow.ts";
import { openPinning, reportMachine } from "./lib/machine.ts";
import { publish } from "./lib/publish.ts";
import { randomModel } from "./lib/random_model.ts";
import { median } from "./lib/statistics.ts";
import { IWAE, type Workload, WORKLOADS } from "./lib/workloads.ts";

interface Case {
  readonly workload: Workload;
  readonly batch: number;
  /** Draws a row of the importance-weighted bound; none for the ELBO. */
  readonly samples?: number;
}

const BATCHES = [128, 1024, 8192];
const QUICK_BATCHES = [8, 32];
const PARITY = { steps: 20, batch: 20 };

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, seconds: { type: "string" } },
});
const { quick } = options;
const seconds = Number(options.seconds ?? (quick ? 0.2 : 2));
const find = (name: string) => WORKLOADS.find((each) => each.name === name)!;

const CASES: readonly Case[] = quick
  ? [
    ...QUICK_BATCHES.map((batch) => ({ workload: find("W1"), batch })),
    { workload: find("W1"), batch: 4, samples: 5 },
  ]
  : [
    ...WORKLOADS.flatMap((workload) => BATCHES.map((batch) => ({ workload, batch }))),
    { ...IWAE, workload: find(IWAE.workload) },
  ];

const adapter = await describeAdapter();
if (adapter.software && !quick) {
  throw new DOMException(
    `Cannot publish: the adapter must be a GPU: current value is the software adapter "${adapter.name}" (--quick takes it)`,
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
  const times = await task.sample(seconds);
  task.dispose();
  const cell: GpuCell = {
    ...{ workload: workload.name, batch, samples: samples ?? null, parity },
    ms: median(times.map(({ total }) => total)),
    hostMs: median(times.map(({ host }) => host)),
    submits: times.length,
  };
  cells.push(cell);
  console.log(
    `${cell.workload} batch ${batch}: ${cell.ms.toFixed(3)} ms, host ${cell.hostMs.toFixed(4)} ms`,
  );
}
const results: GpuResults = {
  date: new Date().toISOString(),
  machine: reportMachine(await openPinning()),
  adapter,
  seconds,
  cells,
};
await publish("gpu", results, gpuPage(results), !quick);
Deno.exit();
