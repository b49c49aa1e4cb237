/** The order of rows, seen through a program that only records what it is given. */
import assert from "node:assert/strict";
import type { Backend, Segment, SyncProgram } from "../../src/backends/backend.ts";
import { parseRecipe } from "../../src/training/options.ts";
import { train } from "../../src/training/trainer.ts";

const ROWS = 50;

/** Trains on rows 0, 1, 2, … with nothing behind the program; the rows of each epoch, as taken. */
async function epochsOf(epochs: number, seed: number): Promise<number[][]> {
  const taken: number[] = [];
  const shape = { rows: 1, cols: 1, batched: false };
  const program = {
    plan: { inputs: new Map(), outputs: new Map([["meanOfMean", { shape }]]) },
    write: (input: string, values: ArrayLike<number>) => {
      if (input === "x") taken.push(...Array.from(values));
    },
    run() {},
    read: (_output: string, into: Float64Array) => void into.fill(1),
    dispose() {},
  } as unknown as SyncProgram;
  const segment: Segment = { length: 0, write() {}, read() {}, dispose() {} };
  await train({
    backend: { details: {} } as unknown as Backend<SyncProgram>,
    program,
    parameters: segment,
    state: segment,
    recipe: parseRecipe({ epochs, batchSize: 8 }, seed),
    data: { data: Float32Array.from({ length: ROWS }, (_, i) => i), shape: [ROWS, 1] },
    measure: () => 1,
    clock: () => 0,
  });
  return Array.from({ length: epochs }, (_, e) => taken.slice(e * ROWS, (e + 1) * ROWS));
}

Deno.test("each epoch takes every row once, in an order of its own", async () => {
  const epochs = await epochsOf(3, 1);
  const all = Array.from({ length: ROWS }, (_, i) => i);
  for (const epoch of epochs) assert.deepEqual(epoch.toSorted((a, b) => a - b), all);
  assert.notDeepEqual(epochs[0], epochs[1]);
  assert.notDeepEqual(epochs[1], epochs[2]);
  assert.notDeepEqual(epochs[0], all);
});

Deno.test("the seed alone decides the orders", async () => {
  assert.deepEqual(await epochsOf(2, 7), await epochsOf(2, 7));
  assert.notDeepEqual(await epochsOf(2, 7), await epochsOf(2, 8));
});
