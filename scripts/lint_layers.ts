/**
 * The layer law: which folder of src/ may import which, and which npm package may be used where. The tables below are
 * the whole law; the rest of the file applies them. Everywhere, a package has one version, and what a file exports
 * another one imports.
 *
 *     deno run --allow-read --allow-env scripts/lint_layers.ts
 */

import { type Finding, report } from "./lib/findings.ts";
import { type Import, importsOf, resolve } from "./lib/imports.ts";
import { readTree, type SourceFile } from "./lib/tree.ts";
import { unusedExports } from "./lib/unused_exports.ts";

/** The folders of src/, highest first. A file may import from its own folder and from lower rows. */
const RANKS: readonly (readonly string[])[] = [
  ["http", "cli"],
  ["jobs"],
  ["detection"],
  ["training", "pictures"],
  ["exports"], // also reads other programs' formats, for `VAE.fromStateDict` in training
  ["scoring"], // rows of tables and series
  ["trained"], // a network's file and its calls
  ["formats", "storage"],
  ["models", "objectives"],
  ["layers", "distributions", "flows"],
  ["graph"],
  ["ops"],
  ["core"],
];

/** Allowed imports between folders of the same row; there are no others. */
const SIDEWAYS: readonly string[] = [
  "cli -> http", // `serve` mounts the handler
  "models -> objectives",
  "distributions -> layers", // a likelihood's parameters come from a dense layer
  "flows -> layers", // a coupling flow computes shift and scale with a small network
];

/**
 * The backends stand beside the rows. Each entry is a path prefix under src/ and what those files may import outside
 * their own folder; the first prefix that matches counts. "type x" allows type-only imports of x. Files that match no
 * entry must not import backends/ at all.
 */
const BACKENDS: readonly (readonly [string, readonly string[]])[] = [
  ["backends/backend.ts", ["graph/plan", "type graph/", "ops/", "core/"]],
  // open.ts, open_score.ts and what they share, open_with.ts
  ["backends/open", ["backends/", "graph/plan", "type graph/", "ops/", "core/"]],
  ["backends/", [
    "backends/backend.ts",
    "backends/checks.ts",
    "graph/plan",
    "graph/arena",
    "type graph/",
    "ops/",
    "core/",
  ]],
];

/** Other folders that may open a backend or name its type. They may import only BACKEND_DOORS. */
const BACKEND_USERS: readonly string[] = [
  "training",
  "scoring",
  "trained",
  "detection",
  "http",
  "cli",
];
const BACKEND_DOORS: readonly string[] = [
  "backends/open.ts",
  "backends/open_score.ts",
  "backends/backend.ts",
];

/** npm packages allowed in library code, by folder of src/; all other folders may use none. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  formats: ["fflate", "fzstd", "hyparquet", "hyparquet-compressors"],
  pictures: ["fast-png"],
  http: ["hono", "valibot", "@valibot/to-json-schema"],
  cli: ["commander", "hono"],
  storage: ["@nats-io/transport-node", "@nats-io/jetstream", "@nats-io/kv", "@nats-io/obj"],
};

/** Folders of src/ that may import `node:` modules. */
const NODE_FOLDERS: readonly string[] = ["cli", "storage"];

/** Folders that run at the edge: nothing they import, directly or indirectly, may import a package. */
const PACKAGE_FREE: readonly string[] = ["src/scoring/", "src/trained/"];

/** Checks the given files and returns what breaks the law. */
export function lintLayers(files: readonly SourceFile[]): Finding[] {
  const library = files.filter(({ path }) => isLibrary(path));
  const imports = new Map(library.map((file) => [file.path, importsOf(file)]));
  const findings: Finding[] = [];
  for (const [path, list] of imports) {
    for (const one of list) {
      const message = one.specifier.startsWith(".")
        ? judgeRelative(path, one)
        : judgeOutside(path, one);
      if (message !== undefined) {
        findings.push({ path, line: one.line, rule: "layer-law", message });
      }
    }
  }
  const cycles = [imports, kernelImports(files)].flatMap(findCycles);
  return [...findings, ...cycles, ...findReachedPackages(imports)];
}

/** Imports of the kernels, which name files without their extension. */
function kernelImports(files: readonly SourceFile[]): ImportTable {
  const kernels = files.filter(({ path }) => /^assembly\/.*\.ts$/.test(path));
  return new Map(kernels.map((file) => [file.path.slice(0, -".ts".length), importsOf(file)]));
}

function isLibrary(path: string): boolean {
  return path === "mod.ts" || (path.startsWith("src/") && path.endsWith(".ts"));
}

/** Folder of a library file: "core" for src/core/x.ts, "" for mod.ts. */
function folderOf(path: string): string {
  return path.startsWith("src/") ? path.split("/")[1] : "";
}

/** Checks that a relative import points down. @returns what is wrong, if anything */
function judgeRelative(from: string, { specifier, typeOnly }: Import): string | undefined {
  const to = resolve(from, specifier);
  if (!to.startsWith("src/")) return `library code imports only from src/, not ${to}`;
  const [source, target] = [folderOf(from), folderOf(to)];
  const [inner, under] = [from.slice("src/".length), to.slice("src/".length)];
  if (source === "backends") return judgeBackend(inner, under, typeOnly);
  if (source === target) return undefined;
  if (target === "backends") {
    const user = source === "" || BACKEND_USERS.includes(source);
    if (user && BACKEND_DOORS.includes(under)) return undefined;
    return user
      ? `only backends/open.ts may import ${under}: import ${BACKEND_DOORS.join(" or ")}`
      : `${source} must not import backends/: it builds graphs and knows no device`;
  }
  const [sourceRank, targetRank] = [rankOf(source), rankOf(target)];
  if (sourceRank === undefined) return `src/${source} has no row in RANKS`;
  if (targetRank === undefined) return `src/${target} has no row in RANKS`;
  if (sourceRank < targetRank || SIDEWAYS.includes(`${source} -> ${target}`)) return undefined;
  return `${source} must not import ${target}: imports point down only`;
}

function rankOf(folder: string): number | undefined {
  if (folder === "") return -1; // mod.ts stands above all
  const rank = RANKS.findIndex((row) => row.includes(folder));
  return rank < 0 ? undefined : rank;
}

function judgeBackend(from: string, to: string, typeOnly: boolean): string | undefined {
  const own = from.split("/").length > 2 ? from.split("/").slice(0, 2).join("/") + "/" : undefined;
  if (own !== undefined && to.startsWith(own)) return undefined;
  const [, allowed] = BACKENDS.find(([prefix]) => from.startsWith(prefix))!;
  const fits = allowed.some((entry) =>
    entry.startsWith("type ") ? typeOnly && to.startsWith(entry.slice(5)) : to.startsWith(entry)
  );
  return fits ? undefined : `${from} must not import ${to}: it may see only ${allowed.join(", ")}`;
}

/** Checks an import that is not relative: it must be a pinned npm package or `node:` module that the folder may use. */
function judgeOutside(from: string, { specifier }: Import): string | undefined {
  const folder = folderOf(from);
  if (specifier.startsWith("node:")) {
    return NODE_FOLDERS.includes(folder)
      ? undefined
      : `only ${NODE_FOLDERS.join(" and ")} may import ${specifier}`;
  }
  const name = packageName(specifier);
  if (name === undefined) {
    return `cannot import ${specifier}: write a relative path or a pinned npm:name@x.y.z`;
  }
  const allowed = PACKAGES[folder] ?? [];
  if (allowed.includes(name)) return undefined;
  return `package ${name} is not allowed in ${folder || from}: allowed are ${
    allowed.join(", ") || "none"
  }`;
}

/** The name in `npm:name@x.y.z/sub`; undefined unless the version is exact. */
function packageName(specifier: string): string | undefined {
  return /^npm:((?:@[\w.-]+\/)?[\w.-]+)@\d+\.\d+\.\d+(?:-[\w.]+)?(?:\/.*)?$/.exec(specifier)?.[1];
}

type ImportTable = ReadonlyMap<string, readonly Import[]>;

function targetsOf(imports: ImportTable, path: string): { to: string; line: number }[] {
  return (imports.get(path) ?? [])
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier, line }) => ({ to: resolve(path, specifier), line }))
    .filter(({ to }) => to !== path);
}

/**
 * Import cycles, including those of type-only imports, by depth-first search; one finding per edge that closes a cycle.
 */
function findCycles(imports: ImportTable): Finding[] {
  const findings: Finding[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    for (const { to, line } of targetsOf(imports, path)) {
      const start = [...trail, path].indexOf(to);
      if (start >= 0) {
        const loop = [...trail, path].slice(start).concat(to).join(" -> ");
        findings.push({ path, line, rule: "no-cycle", message: `import cycle: ${loop}` });
      } else if (!done.has(to)) visit(to, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of imports.keys()) if (!done.has(path)) visit(path, []);
  return findings;
}

/** Packages that a package-free folder imports, directly or indirectly. */
function findReachedPackages(imports: ImportTable): Finding[] {
  const reached = new Set([...imports.keys()].filter((path) => isPackageFree(path)));
  const findings: Finding[] = [];
  for (const path of reached) { // grows while it is walked
    for (const { to } of targetsOf(imports, path)) reached.add(to);
    for (const { specifier, line } of imports.get(path) ?? []) {
      if (specifier.startsWith(".")) continue;
      const message = `${
        PACKAGE_FREE.join(" or ")
      } reaches this file, so it must not import ${specifier}`;
      findings.push({ path, line, rule: "package-free", message });
    }
  }
  return findings;
}

function isPackageFree(path: string): boolean {
  return PACKAGE_FREE.some((prefix) => path.startsWith(prefix));
}

/** Packages that are imported in more than one version: a bundle would contain both. */
export function findMixedVersions(files: readonly SourceFile[]): Finding[] {
  const first = new Map<string, { version: string; path: string }>();
  const findings: Finding[] = [];
  for (
    const file of files.filter(({ path }) => path.endsWith(".ts") && !path.startsWith("assembly/"))
  ) {
    for (const { specifier, line } of importsOf(file)) {
      const [, name, version] = /^npm:((?:@[\w.-]+\/)?[\w.-]+)@([^/]+)/.exec(specifier) ?? [];
      if (name === undefined) continue;
      const seen = first.get(name) ?? { version, path: file.path };
      first.set(name, seen);
      if (seen.version === version) continue;
      const message = `${name} is ${version} here and ${seen.version} in ${seen.path}`;
      findings.push({ path: file.path, line, rule: "one-version", message });
    }
  }
  return findings;
}

if (import.meta.main) {
  const files = readTree();
  const findings = [...lintLayers(files), ...findMixedVersions(files), ...unusedExports(files)];
  Deno.exit(report("Layer law", findings, files.filter(({ path }) => isLibrary(path)).length));
}
