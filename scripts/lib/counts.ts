/** Counts of test results: read from a JUnit report, and written as the line that ends every run. */

/** How many tests, or steps of a run, passed, failed and were skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The counts of a JUnit report by `deno test`, and the names of the skipped tests. */
export function readJUnit(xml: string): Counts & { readonly skippedNames: readonly string[] } {
  let [passed, failed] = [0, 0];
  const skippedNames: string[] = [];
  for (
    const [, name, body] of xml.matchAll(
      /<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g,
    )
  ) {
    if (body?.includes("<failure") || body?.includes("<error")) failed++;
    else if (body?.includes("<skipped")) skippedNames.push(unescape(name));
    else passed++;
  }
  return { passed, failed, skipped: skippedNames.length, skippedNames };
}

/** The last line of a test run: `N passed, N failed`, and `, N skipped` if any were. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Parses a line written by {@linkcode countsLine}; undefined if it is not one. */
export function parseCountsLine(line: string): Counts | undefined {
  const found = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(line.trim());
  if (found === null) return undefined;
  return { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3] ?? 0) };
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

function unescape(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => ENTITIES[entity]);
}
