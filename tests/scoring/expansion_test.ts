/**
 * The columns of a network for those of a table. Oracle: what a row of the table says, written here.
 */
import assert from "node:assert/strict";
import { Expansion } from "../../src/scoring/table/expansion.ts";
import type { ColumnSchema } from "../../src/scoring/table/schema.ts";

const category = (name: string, levels: number): ColumnSchema => ({
  name,
  kind: "categorical",
  levels: Array.from({ length: levels }, (_, l) => `${l}`),
});
const SCHEMA: ColumnSchema[] = [
  category("a", 2),
  { name: "b", kind: "numeric" },
  category("none", 0),
  category("c", 1),
  { name: "d", kind: "numeric" },
  category("e", 2),
];

Deno.test("categories come after all numbers, those of a width together, and have one group", () => {
  const expansion = new Expansion(SCHEMA);
  assert.deepEqual(expansion.groups, [
    { columns: 2 },
    { classes: 2, columns: 2 },
    { classes: 3, columns: 6 },
  ]);
  assert.deepEqual([...expansion.owner], [1, 4, 3, 3, 0, 0, 0, 5, 5, 5]);
});

Deno.test("expand() and collapse() are inverse, whatever the order of the columns", () => {
  const expansion = new Expansion(SCHEMA);
  const cells = { data: Float64Array.of(1, 0.5, 0, 0, -3, 2, NaN, 7, 0, 1, 8, 0), rows: 2 };
  const { data } = expansion.expand(cells);
  assert.deepEqual([...data], [
    ...[0.5, -3, 1, 0, 0, 1, 0, 0, 0, 1],
    ...[7, 8, 0, 1, NaN, NaN, NaN, 1, 0, 0],
  ]);
  const whole = { data: data.subarray(0, 10), rows: 1 };
  assert.deepEqual([...expansion.collapse(whole).data], [1, 0.5, 0, 0, -3, 2]);
});
