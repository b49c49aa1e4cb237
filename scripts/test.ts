/**
 * The test command, `deno task test [path or deno test option ...]`: sets up the machine, builds
 * the debug kernels, runs `deno test`, and ends with a plain line `N passed, N failed`.
 * In CI (CI=true) a skip counts as a failure. Types are checked by `deno task check`, not here, so
 * that one type error does not hide every result.
 */

import { deno, exists, isCi } from "./lib/child.ts";
import { type Counts, countsLine, readJUnit } from "./lib/counts.ts";
import { ROOT } from "./lib/tree.ts";
import { setUp } from "./setup.ts";

/** Tests that read data not in the repository: run by `deno task test:data` only. */
const SHARED_DATA_TESTS = "tests/shared_data";
/** What tests/util/skip.ts writes into the name of a skipped test. */
const SKIP_MARK = "(skipped because ";
const KERNEL_BUILD = "scripts/build_kernels.ts";

/** The arguments of `deno test` for what was typed after `deno task test`. */
export function testArguments(typed: readonly string[], junitPath: string): string[] {
  const namesPath = typed.some((argument) => /^(\.\/)?tests(\/|$)/.test(argument));
  const namesData = typed.some((argument) => argument.includes(SHARED_DATA_TESTS));
  return [
    "test",
    "--allow-all",
    "--no-check",
    "--parallel",
    "--lock=deno.lock",
    `--junit-path=${junitPath}`,
    ...(namesData ? [] : [`--ignore=${SHARED_DATA_TESTS}`]),
    ...typed,
    ...(namesPath ? [] : ["tests"]),
  ];
}

/** The counts of a run from its report and exit status; a run that broke down counts as failed. */
export function judge(
  xml: string,
  status: number,
  ci: boolean,
  filtered = false,
): Counts & { skippedNames: readonly string[] } {
  const { passed, failed, skippedNames: listed } = readJUnit(xml);
  // The report lists what --filter left out as skipped; a real skip carries its reason.
  const skippedNames = listed.filter((name) => !filtered || name.includes(SKIP_MARK));
  const skipped = skippedNames.length;
  const broken = status !== 0 && failed === 0 ? 1 : 0;
  return {
    passed,
    failed: failed + broken + (ci ? skipped : 0),
    skipped: ci ? 0 : skipped,
    skippedNames,
  };
}

async function main(typed: readonly string[]): Promise<number> {
  await setUp();
  if (exists(KERNEL_BUILD) && await deno("run", "--allow-all", KERNEL_BUILD, "--debug") !== 0) {
    console.error("Cannot build the debug kernels: the tests that need them will fail");
  }
  const junitPath = await Deno.makeTempFile({ suffix: ".xml" });
  const status = await deno(...testArguments(typed, junitPath));
  const filtered = typed.some((argument) => argument.startsWith("--filter"));
  const counts = judge(await Deno.readTextFile(junitPath), status, isCi(), filtered);
  await Deno.remove(junitPath);

  for (const name of counts.skippedNames) {
    console.log(`${isCi() ? "Failed, skipped in CI" : "Skipped"}: ${name}`);
  }
  if (exists(SHARED_DATA_TESTS) && typed.length === 0) {
    console.log(
      `Not run: ${SHARED_DATA_TESTS}, which needs data beside the checkout (deno task test:data)`,
    );
  }
  console.log(countsLine(counts));
  return counts.failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  Deno.chdir(ROOT);
  Deno.exit(await main(Deno.args));
}
