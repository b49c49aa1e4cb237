/**
 * Where a program spends its time: runs each of its instructions alone on the operands that it has within a run.
 *
 *     deno task bench:instructions train W1 128        a training step of 128 rows
 *     deno task bench:instructions score W1 64         the scoring program of 64 rows
 *
 * A sample is REPEATS copies of an instruction's record, after a run up to it; the smallest of SAMPLES counts. Operands
 * are in the caches, so a large program takes longer than its instructions together.
 */
import { RECORD_WORDS } from "../src/backends/wasm/abi.ts";
import { FULL_KERNELS } from "../src/backends/wasm/kernels/full.ts";
import { Host } from "../src/backends/wasm/segment.ts";
import { showShape, sizeAt } from "../src/core/shape.ts";
import type { Instruction } from "../src/graph/plan.ts";
import { loadElbow, type Ready } from "./lib/elbow.ts";
import { scoreProgram, trainStep } from "./lib/models.ts";
import { randomModel } from "./lib/random_model.ts";
import { warmUp } from "./lib/timing.ts";
import { duration } from "./lib/units.ts";
import { WORKLOADS } from "./lib/workloads.ts";

/** Samples of an instruction, at least, and milliseconds of a large program that are spent on more. */
const REPEATS = 16, SAMPLES = [5, 300] as const, SAMPLES_MS = 50;

const [kind = "train", name = "W1", batch = "128"] = Deno.args, rows = Number(batch);
const workload = WORKLOADS.find((each) => each.name === name);
if (!workload || !(rows > 0) || (kind !== "train" && kind !== "score")) {
  console.error("Usage: deno task bench:instructions [train|score] [W1|W2|W3|W3b] [ROWS]");
  Deno.exit(2);
}
const elbow = await loadElbow(), model = randomModel(workload, rows, 1);
const elbo = elbow.objective.parseObjective({ type: "elbo" });
const ready = kind === "train"
  ? trainStep(elbow, model, rows, elbo)
  : scoreProgram(elbow, model, rows);
const whole = await warmUp(ready.run);
// What runs, in place of what was asked for.
const { instructions } = FULL_KERNELS.arrange!(ready.program.plan),
  { host, list } = recordsOf(ready);
const copies = host.memory.allocate(REPEATS * RECORD_WORDS);
const times = instructions.map((_, i) => timeOf(i));
instructions.forEach((each, i) =>
  console.log(`${duration(times[i]).padStart(9)}  ${line(each, times[i])}`)
);
const sum = times.reduce((a, b) => a + b, 0);
console.log(`${duration(sum).padStart(9)}  together; a run takes ${duration(whole)}`);

/** Where a program's records are, for its next run. */
function recordsOf({ run }: Ready): { host: Host; list: number } {
  const { run: execute } = Host.prototype, seen: { host: Host; list: number }[] = [];
  Host.prototype.run = function (list, count, batchRows) {
    seen.push({ host: this, list });
    execute.call(this, list, count, batchRows);
  };
  run();
  Host.prototype.run = execute;
  return seen[0];
}

/** The least milliseconds of a record. */
function timeOf(i: number): number {
  const first = list / 4 + i * RECORD_WORDS;
  const record = host.memory.u32.slice(first, first + RECORD_WORDS);
  for (let r = 0; r < REPEATS; r++) host.memory.u32.set(record, copies + r * RECORD_WORDS);
  let least = Infinity;
  const [few, most] = SAMPLES, end = performance.now() + SAMPLES_MS;
  for (let sample = 0; sample < most && (sample < few || performance.now() < end); sample++) {
    host.runAlone(list, i, rows);
    const start = performance.now();
    host.runAlone(4 * copies, REPEATS, rows);
    least = Math.min(least, performance.now() - start);
  }
  return least / REPEATS;
}

/** An instruction with its shapes, and for a product its rate. */
function line({ op, attrs, inputs, output }: Instruction, ms: number): string {
  const shapes = inputs.map(({ shape }) => showShape(shape)).join(" ");
  const text = `${op.padEnd(24)} ${showShape(output.shape).padEnd(9)} <- ${shapes}`;
  if (op !== "dense" && op !== "matmul") return text;
  const { cols, ...height } = inputs[0].shape;
  const terms = attrs.transposeA ? sizeAt({ ...height, cols: 1 }, rows) : cols;
  return `${text}  ${(2 * terms * sizeAt(output.shape, rows) / ms / 1e6).toFixed(1)} GFLOP/s`;
}
