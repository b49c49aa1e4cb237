/** Tests that SECURITY.md names exist. */
import { ok } from "node:assert/strict";
import { readTree } from "../../scripts/lib/tree.ts";

Deno.test("every test that SECURITY.md names exists", () => {
  const files = readTree();
  const rows = files.find(({ path }) => path === "SECURITY.md")!.text.split("\n")
    .filter((line) => /^\| (?!class|-)/.test(line));
  ok(rows.length >= 20, `${rows.length}`);
  const tests = files.filter(({ path }) => path.startsWith("tests/")).map(({ text }) => text).join(
    "\n",
  )
    .replaceAll("${SCORES}", "10000").replaceAll("${SWAPS}", "1000");
  for (const row of rows) {
    const name = row.split("|")[3].trim().replace(/^OIP v2, \w+: /, "");
    ok(['"', "`"].some((quote) => tests.includes(quote + name)), name);
  }
});
