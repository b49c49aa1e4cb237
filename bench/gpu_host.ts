/**
 * The time that the host spends on a training step of a GPU before it waits: writing, encoding and submitting, which
 * depend on the dispatches and not on the GPU. Any adapter will do; its own time is not reported.
 *
 *     deno task bench:gpu-host [--submits 9]
 */
import { parseArgs } from "node:util";
import { describeAdapter } from "../src/backends/open.ts";
import { GpuTask } from "./gpu/task.ts";
import { loadElbow } from "./lib/elbow.ts";
import { openPinning, reportMachine } from "./lib/machine.ts";
import { randomModel } from "./lib/random_model.ts";
import { median } from "./lib/statistics.ts";
import { WORKLOADS } from "./lib/workloads.ts";

const { values: { submits } } = parseArgs({
  options: { submits: { type: "string", default: "9" } },
});
const elbow = await loadElbow(), { name } = await describeAdapter();
const { cpu, deno } = reportMachine(await openPinning());
console.log(
  `${cpu}, Deno ${deno}, over ${name}: the host's share of a step, 64 steps to a submit\n`,
);
console.log("| Net | Dispatches | Host, µs a step | least, most |\n| --- | ---: | ---: | ---: |");
for (const workload of WORKLOADS.filter(({ name }) => name === "W1" || name === "W3")) {
  const objective = elbow.objective.parseObjective({ type: "elbo" });
  const task = await GpuTask.open(elbow, randomModel(workload, 1, 1), 1, objective);
  const micros: number[] = [];
  // The first two compile.
  for (let i = -2; i < Number(submits); i++) {
    const host = await task.hostTime();
    if (i >= 0) micros.push(1000 * host);
  }
  const range = [Math.min(...micros), Math.max(...micros)].map((each) => each.toFixed(1));
  console.log(
    `| ${workload.name} | ${task.dispatches} | ${median(micros).toFixed(1)} | ${
      range.join(", ")
    } |`,
  );
  task.dispose();
}
Deno.exit();
