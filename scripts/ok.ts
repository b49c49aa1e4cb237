/**
 * Checks everything that must hold before a change lands: `deno task ok`, which .ci/run calls too. Every step runs,
 * even if an earlier one failed. The last line is `N passed, N failed`, which counts each test and each other step
 * once.
 */

import configuration from "../deno.json" with { type: "json" };
import { deno, isCi } from "./lib/child.ts";
import { type Counts, countsLine, parseCountsLine } from "./lib/counts.ts";
import { ROOT } from "./lib/tree.ts";

interface Step {
  readonly name: string;
  /** Whether the step passed, or its counts if it counts by itself. */
  readonly run: () => Promise<boolean | Counts>;
}

/** The entry points of the package, whose documentation is checked. */
const ENTRY_POINTS: readonly string[] = Object.values(configuration.exports);
const LOCK_FILE = "deno.lock";

/** The steps, in order. The first is the test command that CONTRIBUTING.md names. */
export const STEPS: readonly Step[] = [
  { name: "test", run: runTests },
  { name: "lint", run: () => succeeds("lint") },
  { name: "fmt", run: () => succeeds("fmt", "--check") },
  { name: "check types", run: () => succeeds("task", "--quiet", "check") },
  { name: "doc lint", run: () => succeeds("doc", "--lint", ...ENTRY_POINTS) },
  { name: "layer law", run: () => succeeds("task", "--quiet", "lint:layers") },
  { name: "file laws", run: () => succeeds("task", "--quiet", "lint:files") },
  {
    name: "publish dry run",
    run: () => succeeds("publish", "--dry-run", ...(isCi() ? [] : ["--allow-dirty"])),
  },
  {
    name: "kernels rebuilt byte for byte",
    run: () => succeeds("task", "--quiet", "build", "--verify"),
  },
  { name: "changelog names this version", run: checkChangelog },
];

async function succeeds(...args: string[]): Promise<boolean> {
  return await deno(...args) === 0;
}

/** Runs the tests, prints their output, and reads the counts from the last line. */
async function runTests(): Promise<boolean | Counts> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "test"],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    await Deno.stdout.write(new TextEncoder().encode(chunk));
    text = (text + chunk).slice(-4096);
  }
  const { success } = await child.status;
  const counts = parseCountsLine(text.trimEnd().split("\n").at(-1) ?? "");
  return counts !== undefined && success === (counts.failed === 0) ? counts : false;
}

/** The first version in CHANGELOG.md, from a heading such as `## 0.1.0` or `## [0.1.0] - date`. */
export function firstVersion(changelog: string): string | undefined {
  return /^## \[?v?(\d+\.\d+\.\d+[\w.-]*)\]?/m.exec(changelog)?.[1];
}

async function checkChangelog(): Promise<boolean> {
  const listed = firstVersion(await Deno.readTextFile("CHANGELOG.md"));
  const { version } = configuration;
  if (listed !== version) {
    console.error(`CHANGELOG.md begins with ${listed}, deno.json says ${version}`);
  }
  return listed === version;
}

/** Fails if a step added a dependency that the committed lock file lacks. */
async function checkLock(before: string): Promise<boolean> {
  if (await readLock() === before) return true;
  console.error(`${LOCK_FILE} changed during this run: commit it`);
  return false;
}

function readLock(): Promise<string> {
  return Deno.readTextFile(LOCK_FILE);
}

async function main(): Promise<number> {
  const lockBefore = await readLock();
  const steps = [...STEPS, { name: "lock file is complete", run: () => checkLock(lockBefore) }];
  let [passed, failed, skipped] = [0, 0, 0];
  const summary: string[] = [];
  for (const { name, run } of steps) {
    console.log(`\n--- ${name}`);
    const start = performance.now();
    const result = await run().catch((error) => {
      console.error(error);
      return false;
    });
    const counts = typeof result === "object"
      ? result
      : { passed: Number(result), failed: Number(!result), skipped: 0 };
    passed += counts.passed;
    failed += counts.failed;
    skipped += counts.skipped;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    summary.push(`${counts.failed === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
    console.log(summary.at(-1));
  }
  console.log(`\n${summary.join("\n")}`);
  console.log(countsLine({ passed, failed, skipped }));
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  Deno.chdir(ROOT);
  Deno.exit(await main());
}
