/** Oracle: the value at the same place after sorting. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { select } from "../../src/core/select.ts";

Deno.test("select() gives the value that sorting would put there, for any order and with equal values", () => {
  const random = new HostRandom(1, 0, 7), n = 400;
  const orders: [string, (i: number) => number][] = [
    ["ascending", (i) => i],
    ["descending", (i) => -i],
    ["rising and falling", (i) => Math.min(i, n - i)],
    ["saw", (i) => i % 20],
    ["one value", () => 3],
    ["random", () => random.uniformF64()],
    ["few values", () => random.below(3)],
    ["with infinities", (i) => [Infinity, i, -Infinity][i % 3]],
  ];
  for (const [name, valueOf] of orders) {
    for (const length of [1, 2, 3, 7, n]) {
      const values = Float64Array.from({ length }, (_, i) => valueOf(i)),
        sorted = values.toSorted();
      for (const place of [0, length >> 2, (length - 1) >> 1, length - 1]) {
        assert.equal(
          select(values.slice(), place),
          sorted[place],
          `${name}, ${place} of ${length}`,
        );
      }
    }
  }
});
