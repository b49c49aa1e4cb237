/** Row numbers in errors about a part of a table. Oracle: the row numbers of the whole table. */
import assert from "node:assert/strict";
import { NotFiniteError } from "../../src/trained/finite.ts";
import { renumbered, renumberingRows } from "../../src/trained/renumber.ts";

Deno.test("an error about a row of a part names the row of the whole table, and what could not be done", () => {
  const fail = (error: Error) => () => {
    throw error;
  };
  assert.throws(
    () => renumberingRows(3000, fail(new NotFiniteError("score", Infinity, 4))),
    { name: "NotFiniteError", row: 3005, value: Infinity, message: /^Cannot score row 3005: / },
  );
  const evaluated = renumbered(
    new NotFiniteError("evaluate", NaN, 0),
    (row) => 10 * row + 1,
  ) as Error;
  assert.match(evaluated.message, /^Cannot evaluate row 11: .* got NaN$/);
  for (const other of [new NotFiniteError("score", NaN), new RangeError("Cannot read row 3")]) {
    assert.equal(renumbered(other, () => 1), other);
  }
  assert.equal(renumberingRows(10, () => 7), 7);
});
