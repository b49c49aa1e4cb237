/**
 * Compares this checkout with another, case by case: the other's time divided by this one's, with a 95 % interval.
 * Above 1, this one is faster. Run it by hand before and after a change; no test asserts a time.
 *
 *     deno task bench:gate OTHER_CHECKOUT [--seconds S] [--processes N] [--before RUNS] [case...]
 *
 * The two alternate in one process (see `gate/child.ts`), in several processes, which create one or the other first.
 * Both must have the files in `FILES` of `lib/elbow.ts`; a checkout from before one of them was moved is refused.
 * `--before` runs each that often first, because the time of training may depend on how long it has been running.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { GateAnswer, GateRequest } from "./gate/child.ts";
import { compileProbe } from "./lib/compile.ts";
import { missingFrom } from "./lib/elbow.ts";
import { openPinning } from "./lib/machine.ts";
import { denoProgram, runChild } from "./lib/spawn.ts";
import { blockMedians, median, medianInterval } from "./lib/statistics.ts";
import { duration } from "./lib/units.ts";
import { WORKLOADS } from "./lib/workloads.ts";

const CASES = [
  ...["score/%/1", "score/%/64", "train/%/128"].flatMap((pattern) =>
    WORKLOADS.map(({ name }) => pattern.replace("%", name))
  ),
  "gemm/128x784x400",
  "gemm/512x512x512",
  "gemm/1x784x400",
  "adam/90816",
  "map/tanh",
  "map/softplus",
];
/** Neighbouring pairs are not independent, so an interval uses the medians of this many blocks. */
const BLOCKS = 40;

const { values: options, positionals: [path, ...named] } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "1.5" },
    processes: { type: "string", default: "4" },
    before: { type: "string", default: "0" },
  },
});
if (path === undefined) {
  console.error("Usage: deno task bench:gate OTHER_CHECKOUT [case...]\nCases: " + CASES.join(" "));
  Deno.exit(2);
}
const other = `${pathToFileURL(resolve(path)).href}/`;
const missing = await missingFrom(new URL(other));
if (missing.length > 0) {
  console.error(
    `Cannot compare with ${path}: both checkouts must have what is imported: it lacks ${
      missing.join(", ")
    }`,
  );
  Deno.exit(2);
}
const pinning = await openPinning();
const folder = await Deno.makeTempDir();
try {
  await Deno.writeFile(`${folder}/probe.wasm`, await compileProbe("relaxed"));
  console.log("case                   this     other / this (95 %)         quiet pairs");
  for (const name of named.length > 0 ? named : CASES) await compare(name);
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function compare(name: string): Promise<void> {
  const answers: GateAnswer[] = [];
  for (let i = 0; i < Number(options.processes); i++) {
    const request: GateRequest = {
      other,
      name,
      otherFirst: i % 2 === 1,
      seconds: Number(options.seconds),
      before: Number(options.before),
      threads: 1,
      folder,
    };
    answers.push(...await runChild<GateAnswer>(denoProgram("gate/child.ts"), request, pinning));
  }
  const pairs = answers.flatMap((answer) => answer.pairs);
  const taken = answers.reduce((sum, answer) => sum + answer.taken, 0);
  const ratios = pairs.map(([own, others]) => others / own);
  const { median: ratio, low, high } = medianInterval(blockMedians(ratios, BLOCKS));
  const verdict = low > 1 ? "faster" : high < 1 ? "slower" : "no difference shown";
  console.log([
    name.padEnd(20),
    duration(median(pairs.map(([own]) => own))).padStart(9),
    `${ratio.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)})`.padStart(26),
    `${pairs.length} of ${taken}`.padStart(14),
    verdict,
  ].join("  "));
}
