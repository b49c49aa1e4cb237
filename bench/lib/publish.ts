/**
 * Where results go: a whole run writes `bench/results/NAME.json` and the block of `docs/performance.md` between the
 * markers of its name; a quick or partial one writes to `build/bench/` and changes neither.
 */
import { deno } from "../../scripts/lib/child.ts";
import { ROOT } from "../../scripts/lib/tree.ts";

const PAGE = "docs/performance.md";

/** @param markdown the text of the results for the page */
export async function publish(
  name: string,
  results: unknown,
  markdown: string,
  whole: boolean,
): Promise<void> {
  console.log(`\n${markdown}\n`);
  const folder = whole ? "bench/results" : "build/bench";
  const path = `${folder}/${name}.json`;
  await Deno.mkdir(ROOT + folder, { recursive: true });
  await Deno.writeTextFile(ROOT + path, JSON.stringify(results, null, 2) + "\n");
  console.log(
    `Written: ${path}${whole ? ` and ${PAGE}` : " (not a whole run: nothing published)"}`,
  );
  if (!whole) return;
  const page = await Deno.readTextFile(ROOT + PAGE);
  await Deno.writeTextFile(ROOT + PAGE, replaceBlock(page, name, markdown));
  await deno("fmt", "--quiet", path, PAGE);
}

/** The page with another text between the markers of a block. */
export function replaceBlock(page: string, name: string, markdown: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const from = page.indexOf(begin), to = page.indexOf(end);
  if (from < 0 || to < from) {
    throw new RangeError(`Cannot publish ${name}: ${PAGE} must hold "${begin}" and "${end}"`);
  }
  return `${page.slice(0, from + begin.length)}\n\n${markdown.trim()}\n\n${page.slice(to)}`;
}
