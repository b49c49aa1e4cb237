/** `maxGaps` against its definition, tried for every k. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { maxGaps } from "../../src/detection/ensemble/max_gaps.ts";

Deno.test("maxGaps() is the largest number of cells that one row in twenty lacks", () => {
  const random = new HostRandom(3, 0, 0), seen = new Set<number>();
  for (const rows of [1, 10, 20, 100, 300]) {
    for (const share of [0, 0.004, 0.05, 0.3, 1]) {
      for (const whole of [0, rows]) {
        const columns = 6;
        const table = Array.from(
          { length: rows },
          () => Array.from({ length: columns }, () => random.uniformF64() < share ? NaN : 1),
        );
        const lacking = (k: number) =>
          table.filter((row) => row.filter((cell) => Number.isNaN(cell)).length >= k).length;
        let want = 0;
        while (want < columns && 20 * lacking(want + 1) >= rows + whole) want++;
        const got = maxGaps({ data: Float64Array.from(table.flat()), rows }, columns, whole);
        assert.equal(got, want, `${rows} rows, ${share}, ${whole} whole`);
        seen.add(got);
      }
    }
  }
  assert.ok(seen.size > 4, "of all kinds");
});
