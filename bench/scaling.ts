/**
 * How the time of a score and a training step grows with rows, width and threads: the programs alone, with rows copied
 * in and costs out for a score, and nothing for a step.
 *
 *     deno task bench:scaling [--quick] [--rounds N] [--seconds S]
 *
 * A run without `--quick` takes some 3 minutes and is published: see `lib/publish.ts`.
 */
import { Collected } from "./lib/collected.ts";
import { compileProbe } from "./lib/compile.ts";
import { openPinning, reportMachine } from "./lib/machine.ts";
import { publish } from "./lib/publish.ts";
import { runOptions } from "./lib/run_options.ts";
import { denoProgram, runChild } from "./lib/spawn.ts";
import { CASES, type ScalingCase, THREADS } from "./scaling/cases.ts";
import type { ScalingAnswer, ScalingRequest } from "./scaling/child.ts";
import { type ScalingAt, scalingPage, type ScalingResults } from "./scaling/page.ts";

/** After the rounds, cells whose runs all met a slow machine are measured again, at most this often. */
const MORE_TURNS = 3;
/** Measures all cases in one process. */
const LIMIT_MS = 300_000;

const { quick, rounds, seconds } = runOptions(0.3);
const pinning = await openPinning();
const machine = reportMachine(pinning);
const collected = new Collected<ScalingAt>();
const folder = await Deno.makeTempDir();
/** Numbers of threads that were requested but that no case used. */
const refused = new Set<number>();
try {
  await Deno.writeFile(`${folder}/probe.wasm`, await compileProbe("relaxed"));
  for (let round = 0; round < rounds; round++) {
    for (const threads of THREADS) await measure(threads, CASES, `round ${round + 1}`);
  }
  for (let more = 0; more < MORE_TURNS && !quick; more++) {
    const slow = collected.disturbed();
    for (const threads of THREADS) {
      const mine = slow.filter((at) => at.threads === threads).map(keyOf);
      await measure(threads, CASES.filter((each) => mine.includes(keyOf(atOf(each)))), "again");
    }
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
const date = new Date().toISOString();
const absent = [...refused].map((threads) => `${threads} threads: the device gives fewer`);
const results: ScalingResults = {
  date,
  machine,
  rounds,
  seconds,
  absent,
  cells: collected.cells(),
};
await publish("scaling", results, scalingPage(results), !quick);

/** What identifies a cell, except threads. */
function atOf({ axis, work, workload: { name: workload }, rows }: ScalingCase) {
  return { axis, work, workload, rows };
}

function keyOf({ axis, work, workload, rows }: ReturnType<typeof atOf>): string {
  return [axis, work, workload, rows].join(" ");
}

async function measure(
  threads: number,
  some: readonly ScalingCase[],
  when: string,
): Promise<void> {
  const cases = some.filter(({ axis }) => threads === 1 || axis === "threads");
  if (cases.length === 0 || refused.has(threads)) return;
  const request: ScalingRequest = { cases, threads, seconds, folder };
  const program = denoProgram("scaling/child.ts");
  const answers = await runChild<ScalingAnswer>(program, request, pinning, LIMIT_MS);
  // A program too small to share runs on one thread, and does not belong in this column.
  const shared = answers.filter((answer) => answer.threads === threads);
  if (shared.length === 0) {
    refused.add(threads);
    return;
  }
  for (const { index, threads, ...samples } of shared) {
    collected.add({ ...atOf(cases[index]), threads }, samples);
  }
  console.log(`${when}, ${threads} threads: ${shared.length} cases`);
}
