/** Allocation within one block of memory: no overlap, alignment, guards, and reuse of free ranges. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { ALIGNMENT, Arena } from "../../src/graph/arena.ts";
import { layOut } from "../../src/graph/layout.ts";

Deno.test("ranges are aligned and consecutive", () => {
  const arena = new Arena();
  assert.deepEqual([1, 64, 65, 0].map((size) => arena.allocate(size)), [0, 64, 128, 256]);
  assert.equal(arena.length, 320);
});

Deno.test("a guard leaves that many elements after each range", () => {
  const arena = new Arena(10);
  assert.deepEqual([54, 55, 1].map((size) => arena.allocate(size)), [0, 64, 192]);
});

Deno.test("adjacent free ranges merge, and the first range that fits is taken", () => {
  const arena = new Arena();
  const [a, b, c, d] = [64, 64, 64, 64].map((size) => arena.allocate(size));
  arena.free(c);
  arena.free(a);
  assert.equal(arena.allocate(128), 256);
  arena.free(b);
  assert.equal(arena.allocate(192), a);
  arena.free(d);
  assert.equal(arena.allocate(1), d);
  assert.equal(arena.length, 384);
});

Deno.test("only allocated ranges can be freed, and only once", () => {
  const arena = new Arena();
  const offset = arena.allocate(8);
  assert.throws(() => arena.free(offset + 1), RangeError);
  arena.free(offset);
  assert.throws(() => arena.free(offset), RangeError);
});

Deno.test("allocated ranges never overlap, whatever the order of allocating and freeing", () => {
  const random = new HostRandom(3, 0, 0), arena = new Arena(7);
  const used = new Map<number, number>();
  for (let turn = 0; turn < 2000; turn++) {
    if (used.size > 0 && random.below(2) === 0) {
      const offset = [...used.keys()][random.below(used.size)];
      arena.free(offset);
      used.delete(offset);
      continue;
    }
    const size = 1 + random.below(500), offset = arena.allocate(size);
    assert.equal(offset % ALIGNMENT, 0);
    assert.ok(offset + size + 7 <= arena.length);
    for (const [start, length] of used) {
      assert.ok(offset + size + 7 <= start || start + length + 7 <= offset);
    }
    used.set(offset, size);
  }
});

Deno.test("layOut() gives each name its place in a segment", () => {
  const { length, places } = layOut("state", [
    { name: "a", rows: 3, cols: 40 },
    { name: "b", rows: 1, cols: 1 },
  ]);
  assert.equal(length, 192);
  assert.deepEqual(places.get("a"), {
    segment: "state",
    offset: 0,
    shape: { rows: 3, cols: 40, batched: false },
  });
  assert.equal(places.get("b")?.offset, 128);
});
