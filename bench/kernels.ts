/**
 * How near the kernels come to the limits of the machine: products as a share of a loop of 12 independent multiply-adds
 * without memory; vector functions beside scalar ones; draws, Adam and copies. Both builds, each with and without the
 * engine's bounds checks: hosts that catch stray accesses by a trap handler, as Node.js and Chrome do and Deno 2.9 does
 * not, have none.
 *
 *     deno task bench:kernels [--quick] [--rounds N] [--seconds S]
 *
 * Four processes take turns, each on one core. A run without `--quick` takes some 4 minutes and is published: see
 * `lib/publish.ts`.
 */
import { CASES } from "./kernels/cases.ts";
import type { KernelAnswer, KernelRequest } from "./kernels/child.ts";
import { compileMathf } from "./kernels/mathf.ts";
import { type KernelAt, kernelsPage, type KernelsResults } from "./kernels/page.ts";
import { Collected } from "./lib/collected.ts";
import { compileProbe } from "./lib/compile.ts";
import { openPinning, reportMachine } from "./lib/machine.ts";
import { publish } from "./lib/publish.ts";
import { runOptions } from "./lib/run_options.ts";
import { denoProgram, runChild } from "./lib/spawn.ts";

/** Unsafe, and therefore no option of a library; it stands for a host with a trap handler. */
const UNCHECKED = ["--v8-flags=--no-wasm-bounds-checks"];

/** After the rounds, cells whose runs all met a slow machine are measured again, at most this often. */
const MORE_TURNS = 3;
/** Measures all cases in one process. */
const LIMIT_MS = 300_000;

const { quick, rounds, seconds } = runOptions(0.2);
const pinning = await openPinning();
const machine = reportMachine(pinning);
const collected = new Collected<KernelAt>(({ build, checked }) => `${build} ${checked}`);
const folder = await Deno.makeTempDir();
try {
  for (const build of ["relaxed", "simd"] as const) {
    await Deno.writeFile(`${folder}/${build}.wasm`, await compileProbe(build));
  }
  await Deno.writeFile(`${folder}/mathf.wasm`, await compileMathf());
  for (let round = 0; round < rounds; round++) await measureAll(`round ${round + 1}`);
  for (let more = 0; more < MORE_TURNS && !quick; more++) {
    await measureAll("again", collected.disturbed());
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
const date = new Date().toISOString();
const results: KernelsResults = { date, machine, rounds, seconds, cells: collected.cells() };
await publish("kernels", results, kernelsPage(results), !quick);

/** @param some the cells to measure; all by default */
async function measureAll(when: string, some?: readonly KernelAt[]): Promise<void> {
  for (const build of ["relaxed", "simd"] as const) {
    for (const checked of [true, false]) {
      const mine = some?.filter((at) => at.build === build && at.checked === checked);
      const cases = [...CASES.keys()].filter((index) => {
        const { group, case: name } = CASES[index];
        return mine?.some((at) => at.group === group && at.case === name) ?? true;
      });
      if (cases.length > 0) await measure(build, checked, cases, when);
    }
  }
}

async function measure(
  build: "relaxed" | "simd",
  checked: boolean,
  cases: readonly number[],
  when: string,
): Promise<void> {
  const program = denoProgram("kernels/child.ts", checked ? [] : UNCHECKED);
  const request: KernelRequest = { build, threads: 1, seconds, folder, cases };
  const answers = await runChild<KernelAnswer>(program, request, pinning, LIMIT_MS);
  for (const { group, case: name, ...samples } of answers) {
    collected.add({ build, checked, group, case: name }, samples);
  }
  console.log(`${when} ${build} ${checked ? "" : "unchecked "}${answers.length} cases`);
}
