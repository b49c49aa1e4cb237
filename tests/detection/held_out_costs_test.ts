/**
 * Calibration rows cost what new rows cost. Oracle: the row is taken out of the table, the kinds and costs of all
 * others are inferred anew, and the row is encoded and judged by them as a new row would be.
 */
import assert from "node:assert/strict";
import { normal, poisson } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { impossibleCosts } from "../../src/detection/columns/impossible_costs.ts";
import { inferSchema } from "../../src/detection/columns/infer_schema.ts";
import { rawTableOf } from "../../src/detection/rows/raw_rows.ts";
import { addImpossibleCosts } from "../../src/scoring/table/impossible.ts";
import { encodeTable } from "../../src/scoring/table/encode_table.ts";

type Cell = number | string | null;

/** Columns of whose kinds few rows decide. */
const DRAWS: readonly ((random: HostRandom) => Cell)[] = [
  (random) => poisson(random, 0.2),
  (random) => Math.round(2 + normal(random)),
  (random) => random.below(4) + (random.below(15) === 0 ? 0.5 : 0),
  (random) => random.below(20) === 0 ? -1 : Math.exp(4 * normal(random)),
  (random) => random.below(12) === 0 ? `c${random.below(3)}` : "ab"[random.below(2)],
  (random) => random.below(25) === 0 ? "fault" : "ok",
  (random) => random.below(3) === 0 ? null : random.below(9) === 0 ? 7 : random.below(2),
];

for (const ofCategories of [false, true]) {
  Deno.test(
    `a calibration row costs what it would as a new row, ${
      ofCategories ? "with" : "without"
    } costs of categories`,
    () => {
      const options = { ofCategories, isDeclared: () => false };
      let charged = 0;
      for (let seed = 0; seed < 250; seed++) {
        const random = new HostRandom(seed, 0, 7), draw = DRAWS[seed % DRAWS.length];
        const rows = Array.from({ length: 25 }, () => [draw(random), normal(random)]);
        const table = rawTableOf(rows, ["c", "x"]), { schema, cells } = inferSchema(table);
        const costs = impossibleCosts(cells, schema, options), heldOut = costs.heldOutCosts(cells);
        for (let r = 0; r < rows.length; r++) {
          const others = rows.filter((_, i) => i !== r);
          const without = inferSchema(rawTableOf(others, ["c", "x"]));
          const { impossible } = impossibleCosts(without.cells, without.schema, options);
          const row = encodeTable(rawTableOf([rows[r]], ["c", "x"]), without.schema).data;
          const model = { schema: without.schema, impossible };
          const want = addImpossibleCosts(row, model, new Float64Array(2));
          const own = { schema, impossible: costs.impossible };
          const got = heldOut[r] + addImpossibleCosts(cells.data, own, new Float64Array(50), 2 * r);
          // A table of one row fewer makes an impossible cell up to half a nat cheaper.
          assert.ok(got >= want && got <= want + 0.51, `seed ${seed}, row ${r}: ${got}, ${want}`);
          if (want > 0) charged++;
        }
      }
      assert.ok(charged > (ofCategories ? 20 : 10), `${charged}`);
    },
  );
}

Deno.test("a calibration cell that a declared kind rules out does not count itself", () => {
  const schema = [{ name: "n", kind: "count" }] as const;
  const costsOf = (...cells: number[]) =>
    impossibleCosts({ data: Float64Array.from(cells), rows: cells.length }, schema);
  const { impossible, heldOutCosts } = costsOf(3, -1, 4, 5, -2, 0);
  const heldOut = heldOutCosts({ data: Float64Array.of(3, -1, 4), rows: 3 });
  assert.deepEqual([heldOut[0], heldOut[2]], [0, 0]);
  const [oneFewer] = costsOf(3, 1, 4, 5, -2, 0).impossible!;
  assert.ok(Math.abs(impossible![0] + heldOut[1] - oneFewer) < 1e-12);
});

Deno.test("where many rows alone break the kind of a column, inferred kinds rule nothing out", () => {
  const columns = ["a", "b", "c", "d"];
  const rows = Array.from({ length: 40 }, (_, r) => [r % 2, r % 5, r % 3, 1 + r % 4]);
  const costs = (isDeclared: boolean) => {
    const { schema, cells } = inferSchema(rawTableOf(rows, columns));
    return impossibleCosts(cells, schema, { isDeclared: () => isDeclared });
  };
  rows[3][0] = 2;
  const one = costs(false), kept = one.impossible!;
  assert.ok(kept.every((cost) => cost > 15), `${kept}`);
  assert.deepEqual(one.warnings, []);
  rows[7][1] = -1;
  const two = costs(false);
  assert.equal(two.impossible, undefined);
  assert.deepEqual(two.warnings, [
    'columns "a", "b" each have one cell that the kind of all others rules out, so new rows may too: inferred kinds rule nothing out, only declared ones',
  ]);
  // Each of the two saw only one other.
  const { cells } = inferSchema(rawTableOf(rows, columns));
  const charged = [...two.heldOutCosts(cells).keys()].filter((r) => two.heldOutCosts(cells)[r] > 0);
  assert.deepEqual(charged, [3, 7]);
  assert.ok(costs(true).impossible!.some((cost) => cost > 0));
});
