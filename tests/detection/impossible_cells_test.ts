/**
 * Cells that are impossible for the type of their column stand out in both presets and are blamed; all others score as
 * before.
 */
import assert from "node:assert/strict";
import { Detector, TableScorer } from "../../mod.ts";
import { normal, poisson } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { impossibleCosts } from "../../src/detection/columns/impossible_costs.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { writePackedFile } from "../../src/trained/file/packed_file.ts";
import { IMPOSSIBLE, mixedRow } from "../util/mixed_rows.ts";
import { assertRelative } from "../util/close.ts";

const KINDS = ["positive", "numeric", "numeric", "count", "binary", "binary", "ordinal"];

for (const preset of ["ensemble", "small"] as const) {
  Deno.test(`impossible cells stand out with preset ${preset}, and other rows score as if there were none`, async () => {
    const random = new HostRandom(3, 0, 7);
    const rows = Array.from({ length: 500 }, () => mixedRow(random));
    const schema = [{ name: "size", kind: "ordinal", levels: ["S", "M", "L"] }] as const;
    const detector = await Detector.fit(rows, { preset, schema, seed: 1, epochs: 20 });
    assert.deepEqual(detector.schema.map(({ kind }) => kind), KINDS);
    assert.deepEqual(detector.warnings.filter((each) => each.includes("will score high")), []);
    for (const [column, values] of Object.entries(IMPOSSIBLE)) {
      for (const value of values) {
        const strange = Array.from(
          { length: 40 },
          () => ({ ...mixedRow(random), [column]: value }),
        );
        const verdicts = await detector.score(strange);
        const found = verdicts.filter(({ anomaly, contributions }) =>
          anomaly &&
          Object.keys(contributions).every((c) => contributions[c] <= contributions[column])
        );
        assert.equal(found.length, 40, `${column} ${value}`);
        for (const { score, contributions } of verdicts) {
          assertRelative(
            Object.values(contributions).reduce((sum, nats) => sum + nats),
            score,
            1e-9,
          );
        }
        const [{ blamed: [first] }] = await detector.explain(strange.slice(0, 1));
        const shown = typeof value === "string" ? null : column === "flag" ? null : value;
        assert.deepEqual([first.column, first.value], [column, shown]);
      }
    }
    const fresh = Array.from({ length: 60 }, () => mixedRow(random));
    const strange = { ...fresh[0], n: -3, ok: "maybe" };
    const [want] = await detector.score([strange]);
    // An older file has no such costs, and scores possible cells with the same bits.
    const file = readModelFile(detector.save()), tensors = new Map(file.tensors);
    assert.ok(tensors.delete("table.impossible"));
    const older = await TableScorer.load(writePackedFile({ ...file, tensors }));
    assert.deepEqual(await older.score(fresh), await detector.score(fresh));
    assert.ok((await older.score([strange]))[0].score < want.score - 100);
    const loaded = await TableScorer.load(detector.save());
    assert.deepEqual(await loaded.score([strange]), [want]);
    for (const each of [detector, older, loaded]) each.dispose();
  });
}

Deno.test("scoreInto() equals score() if a cell is impossible", async () => {
  const random = new HostRandom(4, 0, 7);
  const rows = Array.from({ length: 200 }, () => [poisson(random, 4), normal(random)]);
  for (const preset of ["ensemble", "small"] as const) {
    const detector = await Detector.fit(rows, { preset, epochs: 3 });
    const out = new Float64Array(4);
    for (const row of [[-3, 0.5], [2.5, NaN], [3, 0]]) {
      detector.scoreInto(row, out);
      const [{ score, pValue, contributions: { x0, x1 } }] = await detector.score([row]);
      assert.deepEqual([...out], [score, pValue, x0, x1]);
    }
    const [{ blamed }] = await detector.explain([[2.5, 0.1]]);
    assert.deepEqual([blamed[0].column, blamed[0].value], ["x0", 2.5]);
    detector.dispose();
  }
});

Deno.test("conditional contributions leave an impossible cell its own cost", async () => {
  const random = new HostRandom(5, 0, 7);
  const rows = Array.from(
    { length: 200 },
    () => [poisson(random, 4), normal(random), normal(random)],
  );
  const detector = await Detector.fit(rows, { epochs: 3 });
  const [{ score, contributions }] = await detector.explain([[-1, 0.1, 0.2]], {
    conditional: true,
  });
  assertRelative(Object.values(contributions).reduce((sum, nats) => sum + nats), score, 1e-9);
  assert.ok(contributions.x0 > 50 && contributions.x1 < 5 && contributions.x2 < 5);
  detector.dispose();
});

Deno.test("an impossible cell costs as much as a rare 1 in a column of zeros and ones", () => {
  const schema = [{ name: "n", kind: "count" }, { name: "x", kind: "numeric" }] as const;
  const cells = (found: number, rows: number) => ({
    data: Float64Array.from({ length: 2 * rows }, (_, i) => i % 2 === 0 && i < 2 * found ? -1 : i),
    rows,
  });
  for (const [found, rows] of [[0, 98], [0, 1e5], [3, 98], [49, 98]]) {
    const { impossible, warnings } = impossibleCosts(cells(found, rows), schema);
    // The same by definition: the standardised 1 among as many zeros and ones, one more of each.
    const ones = found + 1, mean = ones / (rows + 2);
    let variance = 0;
    for (let r = 0; r < rows + 2; r++) variance += ((r < ones ? 1 : 0) - mean) ** 2 / (rows + 2);
    const nats = (1 - mean) ** 2 / (2 * Math.max(4e-4, variance));
    assertRelative([...impossible!], [nats, 0], 1e-9, 1e-12);
    assert.equal(warnings.length, found > 0 ? 1 : 0);
  }
  const none = impossibleCosts(cells(0, 20), [schema[1], schema[1]]);
  assert.equal(none.impossible, undefined);
});

Deno.test("an unknown level stands out of one network as of an ensemble, unless training rows held rare ones", async () => {
  const random = new HostRandom(9, 0, 7), levels = ["a", "b", "c", "d"];
  // In one row of twenty the level contradicts the number, so high scores are nothing rare.
  const row = () => {
    const x = normal(random), level = x < -0.7 ? 0 : x < 0 ? 1 : x < 0.7 ? 2 : 3;
    return { x, level: levels[random.uniformF64() < 0.95 ? level : random.below(4)] };
  };
  const rows = Array.from({ length: 500 }, row);
  for (const preset of ["small", "ensemble"] as const) {
    const detector = await Detector.fit(rows, { preset, seed: 1, epochs: 20 });
    const strange = Array.from({ length: 100 }, () => ({ ...row(), level: "z" }));
    const found = (await detector.score(strange)).filter((
      { anomaly, contributions: { x, level } },
    ) => anomaly && level > x);
    assert.equal(found.length, 100, preset);
    detector.dispose();
  }
  const schema = [{ name: "level", kind: "categorical" as const, levels }];
  const costOf = (...codes: number[]) =>
    impossibleCosts({ data: Float64Array.from(codes), rows: codes.length }, schema, {
      ofCategories: true,
    });
  assertRelative([...costOf(0, 1, 2, 3).impossible!], [(5 / 6) ** 2 / (5 / 36) / 2], 1e-12);
  assert.equal(costOf(0, 1, 2, 4).impossible, undefined);
});

Deno.test("training cells that a declared type rules out are reported, and stand out no more than their rarity justifies", async () => {
  const random = new HostRandom(6, 0, 7);
  const rows = Array.from(
    { length: 300 },
    (_, r) => [r % 100 === 7 ? -1 : poisson(random, 4), normal(random)],
  );
  const detector = await Detector.fit(rows, { schema: [{ name: "x0", kind: "count" }], epochs: 3 });
  assert.ok(
    detector.warnings.includes(
      'column "x0": 3 of 300 cells are not whole numbers from 0: they will score high',
    ),
    detector.warnings.join("\n"),
  );
  detector.dispose();
  const { warnings } = impossibleCosts(
    { data: Float64Array.from(rows, ([, x]) => x), rows: 300 },
    [{ name: "x1", kind: "count" }],
  );
  assert.match(warnings[0], /: too many to score high, so it may be of another kind$/);
});
