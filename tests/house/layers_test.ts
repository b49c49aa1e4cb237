/** The layer law catches what it forbids and accepts what it allows. Files are given as text. */

import { deepEqual, equal, match } from "node:assert/strict";
import { findMixedVersions, lintLayers } from "../../scripts/lint_layers.ts";

/** Lints files given as path → text and returns "path: message" for each finding. */
function lint(files: Record<string, string>): string[] {
  const list = Object.entries(files).map(([path, text]) => ({ path, text }));
  return lintLayers(list).map(({ path, message }) => `${path}: ${message}`);
}

/** Lints one file that has one line. */
function lintLine(path: string, line: string): string[] {
  return lint({ [path]: line });
}

const ALLOWED: readonly [path: string, line: string][] = [
  ["mod.ts", `export * from "./src/training/vae.ts";`],
  ["mod.ts", `export { openBackend } from "./src/backends/open.ts";`],
  ["src/training/vae.ts", `import { a } from "../graph/plan.ts";`],
  ["src/training/vae.ts", `import { a } from "../backends/open.ts";`],
  ["src/models/vae.ts", `import type { A } from "../objectives/elbo.ts";`],
  ["src/cli/commands/serve.ts", `import { createApp } from "../http/mod.ts";`],
  ["src/cli/main.ts", `import { readFile } from "node:fs/promises";`],
  ["src/formats/csv.ts", `import { inflateSync } from "npm:fflate@0.8.3";`],
  ["src/http/app.ts", `import { cors } from "npm:hono@4.13.19/cors";`],
  ["src/backends/wasm/a.ts", `import { b } from "./b.ts";`],
  ["src/backends/wasm/a.ts", `import type { Program } from "../backend.ts";`],
  ["src/backends/wasm/a.ts", `import { names } from "../../graph/plan.ts";`],
  ["src/backends/wasm/a.ts", `import type { Graph } from "../../graph/graph.ts";`],
  ["src/backends/open.ts", `const wasm = await import("./wasm/mod.ts");`],
  ["src/ops/a.ts", `// import { b } from "../graph/b.ts";\nconst s = 'import "../graph/b.ts"';`],
];

const FORBIDDEN: readonly [path: string, line: string, message: RegExp][] = [
  ["src/graph/a.ts", `import { b } from "../training/b.ts";`, /graph must not import training/],
  [
    "src/graph/a.ts",
    `import type { B } from "../training/b.ts";`,
    /graph must not import training/,
  ],
  ["src/graph/a.ts", `export * from "../models/b.ts";`, /graph must not import models/],
  ["src/graph/a.ts", `let b: import("../models/b.ts").B;`, /graph must not import models/],
  ["src/graph/a.ts", `await import("../models/b.ts");`, /graph must not import models/],
  [
    "src/core/a.ts",
    `new Worker(new URL("../cli/b.ts", import.meta.url));`,
    /core must not import cli/,
  ],
  [
    "src/objectives/a.ts",
    `import { b } from "../models/b.ts";`,
    /objectives must not import models/,
  ],
  ["src/layers/a.ts", `import { b } from "../flows/b.ts";`, /layers must not import flows/],
  ["src/http/a.ts", `import { b } from "../cli/b.ts";`, /http must not import cli/],
  [
    "src/models/a.ts",
    `import { b } from "../backends/backend.ts";`,
    /models must not import backends/,
  ],
  ["src/training/a.ts", `import { b } from "../backends/wasm/b.ts";`, /only backends\/open.ts may/],
  ["mod.ts", `import { b } from "./src/backends/wasm/b.ts";`, /only backends\/open.ts may/],
  [
    "src/backends/wasm/a.ts",
    `import { b } from "../reference/b.ts";`,
    /must not import backends\/ref/,
  ],
  [
    "src/backends/wasm/a.ts",
    `import { Graph } from "../../graph/graph.ts";`,
    /must not import graph/,
  ],
  ["src/backends/wasm/a.ts", `import { b } from "../../models/b.ts";`, /must not import models/],
  ["src/backends/backend.ts", `import { b } from "./wasm/b.ts";`, /must not import backends\/wasm/],
  ["src/core/a.ts", `import { b } from "../newcomer/b.ts";`, /src\/newcomer has no row/],
  ["src/core/a.ts", `import { b } from "../../tests/util/b.ts";`, /only from src/],
  ["src/training/a.ts", `import { b } from "node:fs";`, /only cli and storage may import node:fs/],
  ["src/training/a.ts", `import { b } from "npm:hono@4.13.19";`, /hono is not allowed in training/],
  ["src/http/a.ts", `import { b } from "npm:hono@^4.13.0";`, /pinned/],
  ["src/http/a.ts", `import { b } from "npm:hono";`, /pinned/],
  ["src/http/a.ts", `import { b } from "hono";`, /pinned/],
  ["src/http/a.ts", `import { b } from "jsr:@std/csv@1.0.0";`, /pinned/],
  ["src/core/a.ts", `await import(name);`, /cannot import \(computed\)/],
];

for (const [path, line] of ALLOWED) {
  Deno.test(`lintLayers() allows, in ${path}: ${line.split("\n")[0]}`, () => {
    deepEqual(lintLine(path, line), []);
  });
}

for (const [path, line, message] of FORBIDDEN) {
  Deno.test(`lintLayers() forbids, in ${path}: ${line}`, () => {
    const found = lintLine(path, line);
    equal(found.length, 1, found.join("\n"));
    match(found[0], message);
  });
}

Deno.test("lintLayers() finds import cycles, even of types alone, and names their files", () => {
  const found = lint({
    "src/core/a.ts": `import { b } from "./b.ts";`,
    "src/core/b.ts": `import type { C } from "./c.ts";`,
    "src/core/c.ts": `import type { A } from "./a.ts";`,
  });
  equal(found.length, 1);
  match(found[0], /src\/core\/a.ts -> src\/core\/b.ts -> src\/core\/c.ts -> src\/core\/a.ts/);
});

Deno.test("lintLayers() finds cycles of kernels, which import without an extension", () => {
  const findings = lint({
    "assembly/program.ts": `import { runChunks } from "./chunks";`,
    "assembly/chunks.ts": `import { executeList } from "./program";`,
  });
  equal(findings.length, 1);
  match(findings[0], /import cycle: assembly\/program -> assembly\/chunks -> assembly\/program/);
});

Deno.test("lintLayers() finds no cycle if two files import a third", () => {
  const found = lint({
    "src/core/a.ts": `import "./b.ts";\nimport "./c.ts";`,
    "src/core/b.ts": `import "./c.ts";`,
    "src/core/c.ts": "",
  });
  deepEqual(found, []);
});

Deno.test("lintLayers() finds a package that scoring imports through another folder", () => {
  const found = lint({
    "src/scoring/mod.ts": `import { csv } from "../formats/csv.ts";`,
    "src/formats/csv.ts": `import { inflateSync } from "npm:fflate@0.8.3";`,
  });
  equal(found.length, 1);
  match(found[0], /^src\/formats\/csv.ts: src\/scoring\/ or src\/trained\/ reaches this file/);
});

Deno.test("findMixedVersions() finds one package at two versions", () => {
  const found = findMixedVersions([
    { path: "src/http/a.ts", text: `import "npm:hono@4.13.19";` },
    { path: "tests/a_test.ts", text: `import "npm:hono@4.13.18/cors";` },
    { path: "tests/b_test.ts", text: `import "npm:@a/b@1.0.0/hono";` },
  ]);
  deepEqual(found.map(({ message }) => message), [
    "hono is 4.13.18 here and 4.13.19 in src/http/a.ts",
  ]);
});
