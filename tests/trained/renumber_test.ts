/** Row numbers in errors about a part of a table. Oracle: the row numbers of the whole table. */
import assert from "node:assert/strict";
import { RowError } from "../../src/core/row_error.ts";
import { NotFiniteError } from "../../src/trained/finite.ts";
import { renumbered, renumberingRows } from "../../src/trained/renumber.ts";

Deno.test("an error about a row of a part names the row of the whole table, and what could not be done", () => {
  const fail = (error: Error) => () => {
    throw error;
  };
  assert.throws(
    () => renumberingRows(3000, fail(new NotFiniteError("score", Infinity, 5))),
    { name: "NotFiniteError", row: 3005, value: Infinity, message: /^Cannot score row 3005: / },
  );
  const evaluated = renumbered(
    new NotFiniteError("evaluate", NaN, 1),
    (row) => 10 * row + 1,
  ) as Error;
  assert.match(evaluated.message, /^Cannot evaluate row 11: .* got NaN$/);
  // Texts of the user's that look like a place stay as they are.
  const fault = 'expected a number, got "Cannot read row 2"';
  for (const column of ["row 2", 2, undefined]) {
    const read = new RowError(fault, 2, column);
    assert.throws(() => renumberingRows(3000, fail(read)), (error: RowError) => {
      assert.ok(error instanceof RowError && error instanceof TypeError);
      assert.deepEqual([error.row, error.column, error.cause], [3002, column, read]);
      assert.equal(error.message, read.message.replace("row 2", "row 3002"));
      return true;
    });
  }
  const others = [new NotFiniteError("score", NaN), new RowError(fault, undefined, "x")];
  for (const other of [...others, new RangeError("Cannot read row 3")]) {
    assert.equal(renumbered(other, () => 1), other);
  }
  assert.equal(renumberingRows(10, () => 7), 7);
});

Deno.test("an error about rows names the row and the column, or one of them", () => {
  const messages = [[3, "x"], [3, 2], [3, undefined], [undefined, ""]].map(([row, column]) =>
    new RowError("expected 1", row as number, column).message
  );
  assert.deepEqual(messages, [
    'Cannot read row 3, column "x": expected 1',
    "Cannot read row 3, column 2: expected 1",
    "Cannot read row 3: expected 1",
    'Cannot read column "": expected 1',
  ]);
});
