/**
 * In real tables rows repeat by chance, and are kept: those of ADBench (docs/adr/0055). The same tables drawn with
 * replacement, as in the unsupervised protocol, contain copies.
 */
import assert from "node:assert/strict";
import { readTable, split } from "../../bench/detection/protocol.ts";
import { withoutCopies } from "../../src/detection/rows/copies.ts";

/** Columns that distinguish rows. */
const TELLING = ["cardio", "Ionosphere", "letter"];

const REPEATING = ["breastw", "mammography"];

for (
  const name of [
    "annthyroid",
    "breastw",
    "cardio",
    "Ionosphere",
    "letter",
    "mammography",
    "shuttle",
  ]
) {
  Deno.test(`withoutCopies() keeps the rows of ${name}, and finds those that were drawn twice`, async () => {
    const table = await readTable(name),
      { cells, warnings } = withoutCopies(table.cells, table.columns);
    assert.equal(cells, table.cells);
    assert.equal(warnings.length > 0, REPEATING.includes(name), `${warnings}`);
    if (!TELLING.includes(name)) return;
    const { training } = split(table, "unsup", 0);
    assert.match(withoutCopies(training, table.columns).warnings.join(), /taken for copies/);
  });
}
