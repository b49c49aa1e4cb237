/** Rows computed in parts. Oracle: a verb that records what it is asked for. */
import assert from "node:assert/strict";
import { compute } from "../../src/http/compute.ts";
import { Pacer, TurnQueue } from "../../src/http/pacer.ts";
import type { Work } from "../../src/http/verbs/verb.ts";

/** Rows of a part, for rows as wide as these (`compute.ts`). */
const PART_ROWS = 128, WIDTH = 600;

Deno.test("parts of a request get the index of their first row, also if the request continues a stream", async () => {
  const firstRows: number[] = [];
  const work: Work = {
    head: {},
    columns: ["index"],
    requireRows: () => {},
    run: ({ rows }, firstRow) => {
      firstRows.push(firstRow);
      return Float64Array.from({ length: rows }, (_, r) => firstRow + r);
    },
    text: undefined as unknown as Work["text"],
  };
  const rows = 2 * PART_ROWS + 10;
  const cells = { data: new Float64Array(rows * WIDTH), rows };
  const { data } = await compute(work, cells, new Pacer(new TurnQueue()), 1000);
  assert.deepEqual(firstRows, [1000, 1000 + PART_ROWS, 1000 + 2 * PART_ROWS]);
  assert.deepEqual([...data], Array.from({ length: rows }, (_, r) => 1000 + r));
});
