/** The parts of `deno task test` and `deno task ok`: counts, arguments, set-up, versions. */

import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { countsLine, parseCountsLine, readJUnit } from "../../scripts/lib/counts.ts";
import { firstVersion, STEPS } from "../../scripts/ok.ts";
import { type Host, type Requirement, setUp } from "../../scripts/setup.ts";
import { judge, testArguments } from "../../scripts/test.ts";
import { ROOT } from "../../scripts/lib/tree.ts";
import { skipName } from "../util/skip.ts";

const JUNIT = `<testsuites name="deno test" tests="4" failures="1" errors="0">
  <testsuite name="./tests/a_test.ts" tests="4" disabled="1" errors="0" failures="1">
    <testcase name="good" classname="./tests/a_test.ts" time="0.000">
    </testcase>
    <testcase name="bad &lt;&amp;&gt;" classname="./tests/a_test.ts" time="0.007">
      <failure message="x">Error: &lt;skipped/&gt; x</failure>
    </testcase>
    <testcase name="a &quot;b&quot;" classname="./tests/a_test.ts" time="0.000">
      <skipped/>
    </testcase>
    <testcase name="closed" time="0.000"/>
  </testsuite>
</testsuites>`;

Deno.test("readJUnit() counts passed, failed and skipped tests and reads their names", () => {
  deepEqual(readJUnit(JUNIT), { passed: 2, failed: 1, skipped: 1, skippedNames: [`a "b"`] });
});

Deno.test("countsLine() and parseCountsLine() agree", () => {
  const counts = { passed: 12, failed: 0, skipped: 3 };
  equal(countsLine(counts), "12 passed, 0 failed, 3 skipped");
  equal(countsLine({ ...counts, skipped: 0 }), "12 passed, 0 failed");
  deepEqual(parseCountsLine(countsLine(counts)), counts);
  equal(parseCountsLine("ok | 12 passed | 0 failed"), undefined);
});

Deno.test("judge() counts a skip as a failure in CI only", () => {
  const skip = `<testcase name="a"><skipped/></testcase>`;
  equal(countsLine(judge(skip, 0, false)), "0 passed, 0 failed, 1 skipped");
  equal(countsLine(judge(skip, 0, true)), "0 passed, 1 failed");
});

Deno.test("judge() does not count a test excluded by --filter as skipped", () => {
  const xml = `<testcase name="a"><skipped/></testcase>` +
    `<testcase name="${skipName("b", "c")}"><skipped/></testcase>`;
  deepEqual(judge(xml, 0, false, true).skippedNames, [skipName("b", "c")]);
});

Deno.test("judge() counts a run that crashed before its report as one failure", () => {
  equal(countsLine(judge("", 1, false)), "0 passed, 1 failed");
  equal(countsLine(judge(JUNIT, 1, false)), "2 passed, 1 failed, 1 skipped");
});

Deno.test("testArguments() runs all of tests/ except the shared data unless a path is given", () => {
  const all = testArguments([], "x.xml");
  equal(all.at(-1), "tests");
  ok(all.includes("--ignore=tests/shared_data"));
  deepEqual(testArguments(["tests/formats", "--filter=csv"], "x.xml").slice(-2), [
    "tests/formats",
    "--filter=csv",
  ]);
  deepEqual(testArguments(["--filter=csv"], "x.xml").slice(-2), ["--filter=csv", "tests"]);
  ok(!testArguments(["tests/shared_data"], "x.xml").includes("--ignore=tests/shared_data"));
});

/** A fake host that records its calls; installing makes every requirement present. */
function fakeHost(root: boolean): { host: Host; log: string[]; needs: Requirement[] } {
  const log: string[] = [];
  let installed = false;
  const host: Host = {
    canInstall: () => Promise.resolve(root),
    run: (command, args) => {
      log.push([command, ...args].join(" "));
      installed = true;
      return Promise.resolve(0);
    },
    say: (line) => void log.push(line),
  };
  const needs: Requirement[] = [
    { name: "deno", neededBy: "all", aptPackages: ["deno"], present: () => Promise.resolve(true) },
    {
      name: "x",
      neededBy: "tests/x",
      aptPackages: ["x-server"],
      present: () => Promise.resolve(installed),
    },
  ];
  return { host, log, needs };
}

Deno.test("setUp() installs what is missing if it may", async () => {
  const { host, log, needs } = fakeHost(true);
  deepEqual(await setUp(needs, host), []);
  deepEqual(log.slice(1), [
    "apt-get update --quiet",
    "env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends x-server",
  ]);
});

Deno.test("setUp() prints the command to type if it may not install", async () => {
  const { host, log, needs } = fakeHost(false);
  deepEqual(await setUp(needs, host), ["x"]);
  match(log[1], /sudo apt-get install .* x-server$/);
});

Deno.test("setUp() installs programs from npm on any machine, without apt, by their lock file", async () => {
  const into = "build/setup_test";
  const { host, log, needs } = fakeHost(false);
  const npmProject = { from: "tests/runtime/packages", into };
  deepEqual(await setUp([{ ...needs[1], aptPackages: [], npmProject }], host), []);
  equal(log.length, 2);
  match(log[1], /^npm ci --ignore-scripts .*\/build\/setup_test$/);
  for (const name of ["package.json", "package-lock.json"]) {
    const [given, copied] = [npmProject.from, into].map((folder) =>
      Deno.readTextFileSync(`${ROOT}${folder}/${name}`)
    );
    equal(copied, given);
  }
  await Deno.remove(ROOT + into, { recursive: true });
});

Deno.test("setUp() prints nothing if nothing is missing", async () => {
  const { host, log, needs } = fakeHost(true);
  deepEqual(await setUp(needs.slice(0, 1), host), []);
  deepEqual(log, []);
});

Deno.test("firstVersion() reads the usual headings of a changelog", () => {
  equal(firstVersion("# Changelog\n\n## 0.2.0\n\n## 0.1.0\n"), "0.2.0");
  equal(firstVersion("# Changelog\n\n## [1.2.3-rc.1] - 2026-01-01\n"), "1.2.3-rc.1");
  equal(firstVersion("# Changelog\n"), undefined);
});

Deno.test("deno task ok begins with the tests", () => equal(STEPS[0].name, "test"));

Deno.test("skipName() contains the reason, which must not be empty", () => {
  equal(skipName("a", undefined), "a");
  equal(skipName("a", "no GPU was found"), "a (skipped because no GPU was found)");
  throws(() => skipName("a", " "), TypeError);
});
