/**
 * Gathering rows, in WebAssembly and row by row, against the elements of an array: by their bits, and nothing beyond
 * the rows. Exact.
 */
import assert from "node:assert/strict";
import type { Matrix } from "../../src/trained/rows/matrix.ts";
import { gathererOf, type GatherRows } from "../../src/training/rows/gatherer.ts";
import { gatherRows, takeRows } from "../../src/training/rows/minibatch.ts";
import { withoutCompiler } from "../util/without_compiler.ts";

type Gatherer = (matrix: Matrix) => GatherRows;

const IMPLEMENTATIONS: Record<string, Gatherer> = {
  "as the size suggests": gathererOf,
  "row by row": (matrix) => (...request) => gatherRows(matrix, ...request),
  "on a host that does not compile": await withoutCompiler(
    import.meta.resolve("../../src/training/rows/gatherer.ts"),
    "gathererOf",
  ),
};

const ROWS = 9, GUARD = 0x40490fdb;
/** What a copy through a number might change, beside ordinary numbers: a NaN, -0, a subnormal number, infinities. */
const SPECIAL = [0x7fc00001, 0x80000000, 1, 0x7f800000, 0xff800000];

function bitsOf(length: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length }, (_, i) => i % 7 === 0 ? SPECIAL[i / 7 % 5] : 0x3f800000 + i);
}

for (const [how, open] of Object.entries(IMPLEMENTATIONS)) {
  for (const columns of [1, 2, 3, 4, 5, 8, 31, 32, 33, 127, 128, 129, 200]) {
    Deno.test(`rows of ${columns} columns are gathered ${how}`, () => {
      const bits = bitsOf(ROWS * columns), data = new Float32Array(bits.buffer);
      const gather = open({ data, shape: [ROWS, columns] });
      // Few rows; more than are gathered at a time; and as many as before. From the middle on, indices wrap around.
      for (
        const [count, indices] of [[3, [8, 0, 3]], [7, [8, 0, 3, 3, 7]], [700, [1, 5]], [3, [
          2,
        ]]] as const
      ) {
        const into = new Uint32Array((count + 1) * columns).fill(GUARD);
        gather(Uint32Array.from(indices), 3, count, new Float32Array(into.buffer));
        const expected = new Uint32Array((count + 1) * columns).fill(GUARD);
        for (let i = 0; i < count * columns; i++) {
          const row = indices[(3 + Math.floor(i / columns)) % indices.length];
          expected[i] = bits[row * columns + i % columns];
        }
        assert.deepEqual(into, expected);
      }
    });
  }

  Deno.test(`rows are gathered ${how} into float64`, () => {
    const data = Float32Array.from({ length: 12 }, (_, i) => i / 3), into = new Float64Array(8);
    open({ data, shape: [3, 4] })(Uint32Array.of(2, 0), 0, 2, into);
    assert.deepEqual([...into], [...data.subarray(8, 12), ...data.subarray(0, 4)]);
  });
}

Deno.test("takeRows() gives the rows of the indices as a new matrix", () => {
  const data = Float32Array.from({ length: 12 }, (_, i) => i / 3);
  const taken = takeRows({ data, shape: [3, 4] }, Uint32Array.of(1));
  assert.deepEqual(taken, { data: data.slice(4, 8), shape: [1, 4] });
});
