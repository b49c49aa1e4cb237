/**
 * The text files of the checkout, for lint rules. They are read from the disk, not from git, so that files that are not
 * committed yet are checked as well.
 */

import { fileURLToPath } from "node:url";

/** One text file of the checkout; `path` is relative to the root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The root of the checkout, ending in a slash. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

const SKIPPED_FOLDERS = new Set([".git", "build", "coverage", "node_modules", "vendor"]);
const TEXT_FILE =
  /\.(ts|js|mjs|json|jsonc|md|sh|py|html|css|wgsl|txt|toml|yml|yaml)$|^\.ci\/|\.lock$/;

/** Yields the path of every file under `folder`, which is relative to the root; "" for the whole checkout. */
function* walk(folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(ROOT + folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    const path = folder + entry.name;
    if (entry.isDirectory && !SKIPPED_FOLDERS.has(entry.name)) yield* walk(`${path}/`);
    if (entry.isFile) yield path;
  }
}

/** Reads every text file of the checkout. */
export function readTree(): SourceFile[] {
  return [...walk("")]
    .filter((path) => TEXT_FILE.test(path))
    .map((path) => ({ path, text: Deno.readTextFileSync(ROOT + path) }));
}

/** Whether a path names a generated file, which a script rebuilds and nobody edits. */
export function isGenerated(path: string): boolean {
  return path.endsWith(".gen.ts");
}
