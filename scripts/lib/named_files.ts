/** Laws about files that name other files: what they name exists, and what must be named is. */

import { type Finding, lineAt } from "./findings.ts";
import { isGenerated, type SourceFile } from "./tree.ts";

/** The table of contents of the decision records. */
const RECORDS = "docs/adr/README.md";

/** Decision records that their table of contents does not name by number and title. */
export function unlistedRecords(files: readonly SourceFile[]): Finding[] {
  const contents = files.find(({ path }) => path === RECORDS)?.text.replace(/\s+/g, " ") ?? "";
  return files.flatMap(({ path, text }) => {
    const [, name] = /^docs\/adr\/(\d{4}-.*\.md)$/.exec(path) ?? [];
    const link = `[${text.split("\n", 1)[0].replace(/^# /, "")}](${name})`;
    if (name === undefined || contents.includes(link)) return [];
    return [{ path, line: 1, rule: "record-listed", message: `${RECORDS} must have ${link}` }];
  });
}

/** Names of TypeScript files in backticks, as comments and documents have them, that are the end of no path. */
export function missingFiles(files: readonly SourceFile[]): Finding[] {
  const ends = new Set(files.flatMap(({ path }) => {
    const parts = path.split("/");
    return parts.map((_, i) => parts.slice(i).join("/"));
  }));
  return files.filter(({ path }) => /\.(?:ts|md)$/.test(path) && !isGenerated(path)).flatMap(
    ({ path, text }) =>
      [...text.matchAll(/`(?:\.{1,2}\/)*([\w-][\w./-]*\.ts)`/g)]
        .filter(([, name]) => !ends.has(name))
        .map(({ index, 1: name }) => (
          { path, line: lineAt(text, index), rule: "named-file", message: `no file ${name}` }
        )),
  );
}
