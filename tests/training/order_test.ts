/** The order of rows, observed by a program that only records what it is given. */
import assert from "node:assert/strict";
import type { Backend, Segment, SyncProgram } from "../../src/backends/backend.ts";
import { parseRecipe } from "../../src/training/options.ts";
import { mixedByLabel, shuffled } from "../../src/training/run/row_order.ts";
import { train } from "../../src/training/trainer.ts";

const ROWS = 50;

/** Trains on rows 0, 1, 2, … with a program that computes nothing. @returns the rows of each batch */
async function batchesOf(
  epochs: number,
  seed: number,
  referenceRows = 0,
): Promise<{ x: number[]; reference: number[] }[]> {
  const batches: { x: number[]; reference: number[] }[] = [];
  const shape = { rows: 1, cols: 1, batched: false };
  const reference = { shape: { ...shape, rows: referenceRows } };
  const inputs = new Map(referenceRows > 0 ? [["reference", reference]] : []);
  const given = { x: new Float32Array(8), reference: new Float32Array(referenceRows) };
  const program = {
    plan: { capacity: 8, inputs, outputs: new Map([["meanOfMean", { shape }]]) },
    live: (input: string) => ({ elements: given[input as "x"] }),
    write() {},
    run: (rows: number) => {
      batches.push({ x: [...given.x.subarray(0, rows)], reference: [...given.reference] });
    },
    read: (_output: string, into: Float64Array) => void into.fill(1),
    dispose() {},
  } as unknown as SyncProgram;
  const segment: Segment = { length: 0, write() {}, read() {}, dispose() {} };
  await train({
    backend: { details: {} } as unknown as Backend<SyncProgram>,
    program,
    parameters: segment,
    state: segment,
    order: shuffled(ROWS, seed),
    recipe: parseRecipe({ epochs, batchSize: 8 }, seed),
    data: { data: Float32Array.from({ length: ROWS }, (_, i) => i), shape: [ROWS, 1] },
    measure: () => 1,
    clock: () => 0,
  });
  return batches;
}

async function epochsOf(epochs: number, seed: number): Promise<number[][]> {
  const taken = (await batchesOf(epochs, seed)).flatMap(({ x }) => x);
  return Array.from({ length: epochs }, (_, e) => taken.slice(e * ROWS, (e + 1) * ROWS));
}

Deno.test("each epoch takes every row once, in its own order", async () => {
  const epochs = await epochsOf(3, 1);
  const all = Array.from({ length: ROWS }, (_, i) => i);
  for (const epoch of epochs) assert.deepEqual(epoch.toSorted((a, b) => a - b), all);
  assert.notDeepEqual(epochs[0], epochs[1]);
  assert.notDeepEqual(epochs[1], epochs[2]);
  assert.notDeepEqual(epochs[0], all);
});

Deno.test("the seed alone determines the orders", async () => {
  assert.deepEqual(await epochsOf(2, 7), await epochsOf(2, 7));
  assert.notDeepEqual(await epochsOf(2, 7), await epochsOf(2, 8));
});

Deno.test("reference rows are different rows than the batch's, each once, and all of them in turn", async () => {
  const batches = await batchesOf(8, 3, 7);
  for (const { x, reference } of batches) {
    assert.equal(new Set([...x, ...reference]).size, x.length + 7);
  }
  assert.equal(new Set(batches.flatMap(({ reference }) => reference)).size, ROWS);
});

Deno.test("mixed rows: those without a label once, the others evenly between them and in turn", () => {
  const labelled = Uint32Array.from([3, 11, 40, 41, 48, 49]);
  const isLabelled = (row: number) => labelled.includes(row);
  const others = Uint32Array.from({ length: ROWS }, (_, i) => i).filter((i) => !isLabelled(i));
  const order = mixedByLabel(labelled, others, 0.2, 1);
  assert.equal(order.length, 55); // 44 / (1 - 0.2)
  const epochs = [0, 1].map((epoch) => Array.from(order.ofEpoch(epoch)));
  for (const rows of epochs) {
    const known = rows.filter((row) => !isLabelled(row)).toSorted((a, b) => a - b);
    assert.deepEqual(known, Array.from(others));
    for (let first = 0; first < 55; first += 5) {
      assert.equal(rows.slice(first, first + 5).filter(isLabelled).length, 1);
    }
  }
  // 22 draws from 6 rows: three rounds of all of them, and four rows more.
  const drawn = epochs.flat().filter(isLabelled);
  for (let round = 0; round < 18; round += 6) {
    assert.deepEqual(drawn.slice(round, round + 6).toSorted((a, b) => a - b), [...labelled]);
  }
  assert.notDeepEqual(drawn.slice(0, 6), drawn.slice(6, 12));
  assert.deepEqual(Array.from(mixedByLabel(labelled, others, 0.2, 1).ofEpoch(1)), epochs[1]);
});
