/**
 * Shuffles, in WebAssembly and as on a host that does not compile it, against Fisher and Yates by `HostRandom.below`
 * (`philox_test.ts`), one draw at a time: exact. Uniformity by a chi-squared test.
 */
import assert from "node:assert/strict";
import { permutation } from "../../src/core/random/permutation.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { chiSquared } from "../util/statistics.ts";
import { withoutCompiler } from "../util/without_compiler.ts";

const IMPLEMENTATIONS = {
  "in WebAssembly": permutation,
  "in JavaScript": await withoutCompiler<Parameters<typeof permutation>, Uint32Array>(
    import.meta.resolve("../../src/core/random/permutation.ts"),
    "permutation",
  ),
};

function oracle(count: number, seed: number, step: number, stream: number): number[] {
  const random = new HostRandom(seed, step, stream),
    order = Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

for (const [how, shuffle] of Object.entries(IMPLEMENTATIONS)) {
  Deno.test(`permutation() ${how} swaps as the host's draws say, around the size of its window too`, () => {
    for (const count of [0, 1, 2, 3, 4, 5, 257, 16380, 16381, 16382, 40_000]) {
      for (const seed of [0, 7, -1, 2 ** 40 + 3]) {
        assert.deepEqual([...shuffle(count, seed, 2, 3)], oracle(count, seed, 2, 3));
      }
    }
    const last = [9, 2 ** 32 - 1, 2 ** 31 - 1] as const;
    assert.deepEqual([...shuffle(100, ...last)], oracle(100, ...last));
  });

  Deno.test(`permutation() ${how} refuses what is no seed, step or stream`, () => {
    const wrong = [[0.5, 0, 0], [0, -1, 0], [0, 2 ** 32, 0], [0, 0, 2 ** 31]];
    for (const [seed, step, stream] of wrong) {
      assert.throws(() => shuffle(3, seed, step, stream), RangeError);
    }
  });
}

Deno.test("permutation() is a permutation, repeatable, and uniform over all 24 orders of four", () => {
  assert.deepEqual(permutation(0, 1, 0, 0), new Uint32Array(0));
  assert.deepEqual(permutation(257, 1, 2, 3), permutation(257, 1, 2, 3));
  assert.notDeepEqual(permutation(257, 1, 2, 3), permutation(257, 1, 3, 3));
  const sorted = permutation(257, 1, 2, 3).toSorted();
  assert.ok(sorted.every((value, i) => value === i));

  const counts = new Map<string, number>(), draws = 4800;
  for (let step = 0; step < draws; step++) {
    const order = permutation(4, 5, step, 0).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  // Chi-squared with 23 degrees of freedom exceeds 55.8 once in 10^4 seeds.
  assert.ok(chiSquared([...counts.values()], draws / 24) < 55.8);
});
