/**
 * The file laws: rules for every file of the repository beyond `deno lint` and `deno fmt`. Each rule is a small
 * function; the table RULES says which files it applies to. Generated files (*.gen.ts) are exempt, because their
 * generator is checked and their bytes are compared.
 *
 *     deno run --allow-read --allow-env scripts/lint_files.ts
 */

import ts from "npm:typescript@6.0.3";
import { errorFaults } from "./lib/error_grammar.ts";
import { type Finding, lineAt, report } from "./lib/findings.ts";
import { parse } from "./lib/imports.ts";
import { missingFiles, unlistedRecords } from "./lib/named_files.ts";
import { isGenerated, readTree, type SourceFile } from "./lib/tree.ts";

const MAX_FILE_LINES = 400;
const TARGET_FILE_LINES = 200;
const MAX_FUNCTION_LINES = 50;
const MAX_COMMENT_WIDTH = 120;

/** Functions whose last digits ECMAScript leaves to the host. */
const HOST_FUNCTIONS: readonly string[] = [
  ...["exp", "expm1", "log", "log1p", "log2", "log10", "pow", "cbrt", "hypot"],
  ...["sin", "cos", "tan", "asin", "acos", "atan", "atan2"],
  ...["sinh", "cosh", "tanh", "asinh", "acosh", "atanh"],
].map((name) => `Math.${name}`);

/** Built-ins that Node.js 20, the oldest runtime tried, does not have. */
const NEW_BUILT_INS: readonly string[] = [
  ...["Map.groupBy", "Object.groupBy", "Promise.try", "Promise.withResolvers", "Iterator.from"],
  ...["URL.parse", "RegExp.escape", "Uint8Array.fromHex", "Uint8Array.fromBase64"],
];

/** A line of a file, and what is wrong there. */
type Hit = readonly [line: number, message: string];

interface Rule {
  readonly name: string;
  /** Which files the rule applies to, by path from the root. */
  readonly applies: (path: string) => boolean;
  readonly check: (file: SourceFile) => Iterable<Hit>;
}

const anyFile = (): boolean => true;
const isCode = (path: string): boolean => path.endsWith(".ts");
const isLibrary = (path: string): boolean => isCode(path) && /^(mod\.ts$|src\/)/.test(path);
const isTest = (path: string): boolean => isCode(path) && path.startsWith("tests/");
/**
 * Files that `determinism: "portable"` may run. Exempt are the reference backend, which is only compared with; GPUs,
 * which are never portable; and text and pictures for people.
 */
const isPortable = (path: string): boolean =>
  isLibrary(path) && !/^src\/(backends|trained\/device|cli|pictures)\//.test(path);
/** Files that run on every runtime. Exempt are commands, which run in Deno, and WebGPU, which Node.js 20 lacks too. */
const isForEveryRuntime = (path: string): boolean =>
  isLibrary(path) && !/^src\/(cli|backends\/webgpu)\//.test(path);
/** Files that must not ask for the time. Only the interfaces, `cli/` and `http/`, may; they pass it on. */
const isTimeless = (path: string): boolean => isLibrary(path) && !/^src\/(cli|http)\//.test(path);

export const RULES: readonly Rule[] = [
  { name: "file-length", applies: isCode, check: fileLength },
  { name: "file-name", applies: isCode, check: fileName },
  { name: "file-header", applies: isLibrary, check: fileHeader },
  { name: "function-length", applies: isLibrary, check: functionLength },
  { name: "comment-width", applies: isCode, check: commentWidth },
  { name: "error-grammar", applies: isLibrary, check: errorGrammar },
  {
    name: "no-random",
    applies: isLibrary,
    check: forbid(["Math.random"], "randomness is an argument"),
  },
  // Only the wall clock is forbidden. performance.now() is allowed for progress, because nothing saved depends on it.
  { name: "no-clock", applies: isTimeless, check: forbid(["Date.now"], "time is an argument") },
  { name: "no-clock", applies: isTimeless, check: newDate },
  {
    name: "no-host-functions",
    applies: isPortable,
    check: forbid(HOST_FUNCTIONS, "hosts differ in its last digits: src/core/portable.ts"),
  },
  {
    name: "no-new-built-ins",
    applies: isForEveryRuntime,
    check: forbid(NEW_BUILT_INS, "Node.js 20 lacks it"),
  },
  {
    name: "todo-has-issue",
    applies: isCode,
    check: pattern(/\bTO[D]O\b(?!\(#\d+\))/, "name the issue: TO" + "DO(#12)"),
  },
  {
    name: "no-only",
    applies: isTest,
    check: pattern(/\.onl[y]\(|\bonly: true/, "runs this test and hides the rest"),
  },
  {
    name: "skip-has-reason",
    applies: skipsByHand,
    check: pattern(/\.ignor[e]\(|\bignore:/, "use tests/util/skip.ts"),
  },
  {
    name: "no-home-path",
    applies: anyFile,
    check: pattern(/(?<![\w.\-/])\/(root|home|Users)\/\w/, "path of one machine"),
  },
  {
    name: "no-registry-host",
    applies: anyFile,
    check: pattern(
      /\bregistry\.[a-z]+js\.|_auth[T]oken|\/\/[\w.-]*(artifactory|verdaccio|nexus)/,
      "package registry's address",
    ),
  },
];

/** Applies all rules to the given files. */
export function lintFiles(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const file of files.filter(({ path }) => !isGenerated(path))) {
    for (const { name, applies, check } of RULES) {
      if (!applies(file.path)) continue;
      for (const [line, message] of check(file)) {
        findings.push({ path: file.path, line, rule: name, message });
      }
    }
  }
  return [...findings, ...unlistedRecords(files), ...missingFiles(files)];
}

function countLines(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}

function* fileLength({ text }: SourceFile): Generator<Hit> {
  const lines = countLines(text);
  if (lines > MAX_FILE_LINES) {
    yield [MAX_FILE_LINES, `${lines} lines, at most ${MAX_FILE_LINES}: split by concept`];
  }
}

/** The prose of comments. Formulas and tables in them are indented, and may be wider. */
function* commentWidth({ text }: SourceFile): Generator<Hit> {
  for (const [index, line] of text.split("\n").entries()) {
    if (line.length > MAX_COMMENT_WIDTH && /^\s*(?:\/\*\*|\*|\/\/) \S/.test(line)) {
      yield [index + 1, `comment of ${line.length} columns, at most ${MAX_COMMENT_WIDTH}`];
    }
  }
}

function* fileName({ path }: SourceFile): Generator<Hit> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!/^[a-z0-9]+(_[a-z0-9]+)*(\.d)?\.ts$/.test(name)) yield [1, `${name} must be snake_case`];
}

function* fileHeader({ text }: SourceFile): Generator<Hit> {
  if (!text.startsWith("/**")) {
    yield [1, "must open with /** what it holds, on which formula, its limits */"];
  }
}

function* functionLength(file: SourceFile): Generator<Hit> {
  const tree = parse(file);
  for (const node of descendants(tree)) {
    if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) continue;
    const first = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line;
    const lines = tree.getLineAndCharacterOfPosition(node.getEnd()).line - first + 1;
    if (lines > MAX_FUNCTION_LINES) {
      yield [first + 1, `function of ${lines} lines, at most ${MAX_FUNCTION_LINES}`];
    }
  }
}

function* errorGrammar(file: SourceFile): Generator<Hit> {
  const tree = parse(file);
  for (const { node, message } of errorFaults(tree)) yield [lineOf(tree, node), message];
}

/** A rule against members of globals such as Math.random; comments may mention them. */
function forbid(members: readonly string[], reason: string): Rule["check"] {
  return function* (file) {
    const tree = parse(file);
    for (const node of descendants(tree)) {
      if (ts.isPropertyAccessExpression(node) && members.includes(node.getText(tree))) {
        yield [lineOf(tree, node), `${node.getText(tree)}: ${reason}`];
      }
    }
  };
}

function* newDate(file: SourceFile): Generator<Hit> {
  const tree = parse(file);
  for (const node of descendants(tree)) {
    const empty = ts.isNewExpression(node) && (node.arguments?.length ?? 0) === 0;
    if (empty && node.expression.getText(tree) === "Date") {
      yield [lineOf(tree, node), "new Date(): time is an argument"];
    }
  }
}

/** A rule against a piece of text anywhere in a file; one finding per line that contains it. */
function pattern(expression: RegExp, reason: string): Rule["check"] {
  return function* ({ text }) {
    for (const [index, line] of text.split("\n").entries()) {
      const found = expression.exec(line);
      if (found !== null) yield [index + 1, `${found[0]}: ${reason}`];
    }
  };
}

function skipsByHand(path: string): boolean {
  return isTest(path) && path !== "tests/util/skip.ts";
}

function* descendants(node: ts.Node): Generator<ts.Node> {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) {
    yield child;
    yield* descendants(child);
  }
}

function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return lineAt(tree.text, node.getStart(tree));
}

if (import.meta.main) {
  const files = readTree();
  const long = files.filter(({ path, text }) =>
    path.startsWith("src/") && !isGenerated(path) && countLines(text) > TARGET_FILE_LINES
  );
  console.log(
    `File laws: ${long.length} files of src/ are over the target of ${TARGET_FILE_LINES} lines`,
  );
  Deno.exit(report("File laws", lintFiles(files), files.length));
}
