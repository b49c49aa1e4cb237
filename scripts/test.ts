/**
 * The test command: `deno task test [path or option of deno test ...]`. Sets up the machine, builds the debug kernels,
 * runs `deno test`, and ends with the line `N passed, N failed`. In CI (CI=true) a skipped test counts as failed. Types
 * are checked by `deno task check` instead, so that one type error does not hide all results.
 */

import { deno, isCi } from "./lib/child.ts";
import { type Counts, countsLine, readJUnit } from "./lib/counts.ts";
import { ROOT } from "./lib/tree.ts";
import { setUp } from "./setup.ts";

/** Tests that read data outside the repository; only `deno task test:data` runs them. */
const SHARED_DATA_TESTS = "tests/shared_data";
/** What tests/util/skip.ts adds to the name of a skipped test. */
const SKIP_MARK = "(skipped because ";

/** The arguments of `deno test`, given those of `deno task test`. */
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

/** The counts of a run, from its report and exit status. A run that crashed counts as one failure. */
export function judge(
  xml: string,
  status: number,
  ci: boolean,
  filtered = false,
): Counts & { skippedNames: readonly string[] } {
  const { passed, failed, skippedNames: listed } = readJUnit(xml);
  // The report lists tests excluded by --filter as skipped; only a real skip has a reason in its name.
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
  if (await deno("run", "--allow-all", "scripts/build_kernels.ts", "--debug") !== 0) {
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
  if (typed.length === 0) {
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
