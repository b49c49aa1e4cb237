/** The law about exports finds those that nothing imports, and only those. Files are given as text. */

import { deepEqual } from "node:assert/strict";
import { unusedExports } from "../../scripts/lib/unused_exports.ts";

/** Lints src/core/a.ts beside src/core/b.ts, and returns the exports found, without the reason. */
function unused(a: string, b = ""): string[] {
  const manifest = `{ "exports": { "./door": "./src/door.ts" } }`;
  const files = [
    { path: "deno.json", text: manifest },
    { path: "src/core/a.ts", text: a },
    { path: "src/core/b.ts", text: b },
    { path: "src/door.ts", text: "export const door = 1;" },
    { path: "src/core/c.gen.ts", text: "export const bytes = 1;" },
    { path: "assembly/d.ts", text: "export function kernel(): void {}" },
  ];
  return unusedExports(files).map(({ path, line, message }) =>
    `${path}:${line} ${/imports (\w+)/.exec(message)?.[1]}`
  );
}

const ONE = "export function one() {}";

Deno.test("unusedExports() finds functions, constants, classes and types that nothing imports", () => {
  const text = `${ONE}\nexport const two = 2, three = 3;\nexport class Four {}\n` +
    "export interface Five {}\nexport type Six = 6;";
  deepEqual(
    unused(text, `import { three } from "./a.ts";`),
    [":1 one", ":2 two", ":3 Four", ":4 Five", ":5 Six"].map((end) => `src/core/a.ts${end}`),
  );
});

const USES: readonly string[] = [
  `import { one } from "./a.ts";`,
  `import { one as first } from "./a.ts";`,
  `import type { one } from "./a.ts";`,
  `export { one as first } from "./a.ts";`,
  `export * from "./a.ts";`,
  `import * as all from "./a.ts";`,
  `const { one } = await import("./a.ts");`,
  `let x: typeof import("./a.ts").one;`,
  `new Worker(new URL("./a.ts", import.meta.url));`,
];

for (const use of USES) {
  Deno.test(`unusedExports() counts as a use: ${use}`, () => deepEqual(unused(ONE, use), []));
}

Deno.test("unusedExports() does not take the new name of an import for the old one", () => {
  deepEqual(unused(ONE, `import { other as one } from "./a.ts";`), ["src/core/a.ts:1 one"]);
});

Deno.test("unusedExports() allows a type that another export states", () => {
  const use = `import { run } from "./a.ts";`;
  const type = "export interface Request {}\n";
  deepEqual(unused(`${type}export function run(request: Request): void {}`, use), []);
  deepEqual(unused(`${type}export const run = (request: Request) => {};`, use), []);
});

Deno.test("unusedExports() does not allow a type that other exports only use inside", () => {
  const use = `import { run } from "./a.ts";`;
  const type = "export interface Inner {}\n";
  const found = ["src/core/a.ts:1 Inner"];
  deepEqual(unused(`${type}export function run() { let x: Inner; }`, use), found);
  deepEqual(unused(`${type}export class run { #x: Inner; }`, use), found);
  deepEqual(unused(`${type}export const run = 1;\nfunction f(x: Inner) {}`, use), found);
});
