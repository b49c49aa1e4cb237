/** Rows computed in parts. Oracle: a verb that records what it is asked for. */
import assert from "node:assert/strict";
import { compute } from "../../src/http/compute.ts";
import { Pacer, TurnQueue } from "../../src/http/pacer.ts";
import type { Work } from "../../src/http/verbs/verb.ts";

/** Rows of a part, for rows as wide as these (`compute.ts`). */
const PART_ROWS = 128, WIDTH = 600;

const NOTHING = { head: {}, columns: ["index"], requireRows: () => {} };
const TEXT = undefined as unknown as Work["text"];

Deno.test("parts of a request get the index of their first row, also if the request continues a stream", async () => {
  const firstRows: number[] = [];
  const work: Work = {
    ...NOTHING,
    run: ({ rows }, firstRow) => {
      firstRows.push(firstRow);
      return Float64Array.from({ length: rows }, (_, r) => firstRow + r);
    },
    text: TEXT,
  };
  const rows = 2 * PART_ROWS + 10;
  const cells = { data: new Float64Array(rows * WIDTH), rows };
  const { data } = await compute(work, cells, new Pacer(new TurnQueue()), 1000);
  assert.deepEqual(firstRows, [1000, 1000 + PART_ROWS, 1000 + 2 * PART_ROWS]);
  assert.deepEqual([...data], Array.from({ length: rows }, (_, r) => 1000 + r));
});

Deno.test("a result that is not finite is refused by its row among all, whichever part it is in", async () => {
  const rows = 2 * PART_ROWS + 10, bad = PART_ROWS + 7;
  let first = 0;
  const work: Work = {
    ...NOTHING,
    run: ({ rows }) => {
      const part = Float64Array.from({ length: rows }, (_, r) => first + r === bad ? NaN : 1);
      first += rows;
      return part;
    },
    text: TEXT,
  };
  const cells = { data: new Float64Array(rows * WIDTH), rows };
  await assert.rejects(async () => await compute(work, cells, new Pacer(new TurnQueue())), {
    name: "Problem",
    message: `Cannot answer row ${bad + 1}: the result is beyond the numbers of the model`,
  });
});
