/** Each file law catches a file that breaks it and accepts a similar one that does not. Files are given as text. */

import { deepEqual } from "node:assert/strict";
import { lintFiles, RULES } from "../../scripts/lint_files.ts";

/** Names of the rules that a file breaks. Library files get a header, unless the header itself is tested. */
function broken(path: string, text: string): string[] {
  const head = path.startsWith("src/") && !text.startsWith("#") ? "/** Header. */\n" : "";
  return lintFiles([{ path, text: head + text }]).map(({ rule }) => rule);
}

const lines = (count: number): string => "x();\n".repeat(count);
const fn = (count: number): string => `function f() {\n${lines(count - 2)}}\n`;
const ToDo = "TO" + "DO";
const home = "/ro" + "ot/x";
const host = "https://registry." + "npmjs.org/x";

/** A rule, a file that breaks it, and a similar file that does not. */
const CASES: readonly [rule: string, path: string, bad: string, goodPath: string, good: string][] =
  [
    ["file-length", "tests/a_test.ts", lines(401), "tests/a_test.ts", lines(400)],
    ["file-length", "assembly/a.ts", lines(401), "src/core/a.gen.ts", lines(401)],
    ["file-name", "src/core/aB.ts", "", "src/core/a_b2.ts", ""],
    ["file-name", "tests/a-b.ts", "", "src/formats/a.d.ts", ""],
    ["file-header", "src/core/a.ts", "#", "scripts/a.ts", "#"],
    ["function-length", "src/core/a.ts", fn(51), "src/core/a.ts", fn(50)],
    [
      "function-length",
      "src/core/a.ts",
      `const f = () => ${fn(51).slice(13)}`,
      "tests/a.ts",
      fn(51),
    ],
    [
      "error-grammar",
      "src/core/a.ts",
      `throw new Error("A b");`,
      "tests/a.ts",
      `throw new Error("a.");`,
    ],
    [
      "comment-width",
      "tests/a.ts",
      `  // ${"x ".repeat(60)}`,
      "tests/a.ts",
      ` *   ${"x ".repeat(60)}\n${"x(); ".repeat(30)}// x`,
    ],
    ["no-random", "src/cli/a.ts", "Math.random();", "src/cli/a.ts", "// Math.random()"],
    ["no-host-functions", "src/scoring/a.ts", "Math.log(x);", "src/cli/a.ts", "Math.log(x);"],
    ["no-host-functions", "src/core/a.ts", "xs.map(Math.exp);", "src/core/a.ts", "Math.sqrt(x);"],
    ["no-clock", "src/core/a.ts", "Date.now();", "src/http/a.ts", "Date.now();"],
    [
      "no-clock",
      "src/core/a.ts",
      "new Date();",
      "src/core/a.ts",
      "new Date(ms); performance.now();",
    ],
    ["no-new-built-ins", "src/core/a.ts", "URL.parse(a);", "src/cli/a.ts", "URL.parse(a);"],
    ["todo-has-issue", "bench/a.ts", `// ${ToDo} more`, "bench/a.ts", `// ${ToDo}(#12): more`],
    ["no-only", "tests/a_test.ts", "Deno.test.on" + "ly(f);", "tests/a_test.ts", "only(f);"],
    [
      "skip-has-reason",
      "tests/a.ts",
      "Deno.test.ig" + "nore(f);",
      "tests/util/skip.ts",
      "{ ig" + "nore: a }",
    ],
    [
      "no-home-path",
      "README.md",
      `see ${home}`,
      "README.md",
      "see https://a.b/home/x, src/" + "root/x",
    ],
    ["no-registry-host", "deno.lock", host, "README.md", "from the npm registry"],
  ];

for (const [rule, path, bad, goodPath, good] of CASES) {
  Deno.test(`lintFiles() catches ${rule} in ${path} and accepts a similar file, ${goodPath}`, () => {
    deepEqual(broken(path, bad), [rule]);
    deepEqual(broken(goodPath, good), []);
  });
}

Deno.test("lintFiles() catches a decision record that the table of contents lacks", () => {
  const record = { path: "docs/adr/0007-never.md", text: "# 7. Never a broken model\n\nText\n" };
  const contents = (line: string) => ({
    path: "docs/adr/README.md",
    text: `# Decisions\n\n${line}\n`,
  });
  const rules = (...files: { path: string; text: string }[]) =>
    lintFiles(files).map(({ rule }) => rule);
  deepEqual(rules(record), ["record-listed"]);
  deepEqual(rules(record, contents("- [7. Always](0007-never.md)")), ["record-listed"]);
  deepEqual(rules(record, contents("- [7. Never a\n  broken model](0007-never.md)")), []);
});

Deno.test("lintFiles() catches a name of a file that does not exist", () => {
  const named = (name: string) => ({ path: "docs/a.md", text: `See \`${name}\`.\n` });
  const rules = (name: string) =>
    lintFiles([named(name), { path: "src/core/shape.ts", text: "/** Shapes. */\n" }])
      .map(({ rule, line }) => [rule, line]);
  deepEqual(rules("core/shapes.ts"), [["named-file", 1]]);
  deepEqual(rules("hape.ts"), [["named-file", 1]]);
  for (const name of ["shape.ts", "core/shape.ts", "../core/shape.ts", ".gen.ts", "<kind>.ts"]) {
    deepEqual(rules(name), []);
  }
});

Deno.test("every file law has a test", () => {
  const planted = new Set(CASES.map(([rule]) => rule));
  deepEqual(RULES.map(({ name }) => name).filter((name) => !planted.has(name)), []);
});

const BAD_ERRORS: readonly string[] = [
  `throw new RangeError("cannot build");`,
  "throw new RangeError(`${name}: wrong`);",
  `throw new RangeError("Cannot build: no rows.");`,
  "throw new RangeError(`Cannot build ${name}`);",
  "throw new RangeError(`Cannot build: no ${name}.`);",
  `throw new TypeError("Can't build");`,
  `throw new TypeError("Cannot build: it's broken");`,
  `throw new TypeError("Cannot build: " + name + " isn't known");`,
  `throw Error("Cannot build");`,
  `reject(new TypeError("cannot build"));`,
  `class E extends TypeError { constructor(x: string) { super("cannot read: " + x); } }`,
  `throw new SafetensorsError("header must be there.");`,
];

const GOOD_ERRORS: readonly string[] = [
  "throw new RangeError(`Cannot build: expected ${name}, got ${value}`);",
  `throw new TypeError("Cannot build: the row's width " + width);`,
  `throw new TypeError(message);`,
  `throw new ProblemError(404, "Cannot find model");`,
  `throw new SafetensorsError("header must be there");`, // completes a message that its class begins
  `class E extends TypeError { constructor(x: string) { super("Cannot read: " + x); } }`,
  `console.error("anything goes.");`,
];

for (const code of BAD_ERRORS) {
  Deno.test(`error grammar refuses ${code}`, () =>
    deepEqual(broken("src/core/a.ts", code), ["error-grammar"]));
}

for (const code of GOOD_ERRORS) {
  Deno.test(`error grammar accepts ${code}`, () => deepEqual(broken("src/core/a.ts", code), []));
}
