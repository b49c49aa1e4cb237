/**
 * Preset small takes logarithms of positive columns: faults at both ends are found, and results come back in the units
 * of the table.
 */
import assert from "node:assert/strict";
import { Detector, TableScorer } from "../../mod.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { Expansion } from "../../src/scoring/table/expansion.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { writePackedFile } from "../../src/trained/file/packed_file.ts";
import { assertRelative } from "../util/close.ts";

const random = new HostRandom(3, 0, 7);
const row = () => {
  const z = normal(random);
  return {
    amount: Math.exp(2.5 * z + 0.3 * normal(random) + 3),
    x: z + 0.3 * normal(random),
    y: normal(random),
  };
};
const ROWS = Array.from({ length: 600 }, row),
  OPTIONS = { preset: "small", seed: 1, epochs: 60 } as const;

Deno.test("preset small finds amounts that are too small, or too large for the other cells", async () => {
  const detector = await Detector.fit(ROWS, OPTIONS);
  assert.equal(detector.schema[0].kind, "positive");
  const flagged = async (change: (row: typeof ROWS[0]) => number) => {
    const rows = Array.from({ length: 100 }, row).map((each) => ({
      ...each,
      amount: change(each),
    }));
    return (await detector.score(rows)).filter(({ anomaly }) => anomaly).length;
  };
  for (const amount of [1e-9, 1e-4, 1e6, 0, -5]) {
    assert.ok(await flagged(() => amount) >= 95, `${amount}`);
  }
  // A thousandth of what the other cells suggest is within the column's range, and unremarkable without logarithms.
  assert.ok(await flagged(({ amount }) => amount / 1000) > 80);
  assert.ok(await flagged(({ amount }) => amount) < 10);

  const [{ blamed: [first] }] = await detector.explain([{ amount: 1e-6, x: 0, y: 0 }]);
  const [low, high] = first.interval as [number, number];
  const expected = Number(first.expected);
  assert.equal(first.column, "amount");
  // exp(3) is the median at x = 0. On the scale of amounts, an interval would be symmetric around it.
  assert.ok(low > 0.01 && low < 10 && high > 50 && high < 1e4, `${low} ${high}`);
  assert.ok(expected > 5 && expected < 80, `${expected}`);
  const drawn = detector.drawFrom(0, 200, { seed: 1 });
  const amounts = drawn.data.filter((_, i) => i % 3 === 0).sort();
  assert.ok(amounts[0] > 0 && amounts[100] > 5 && amounts[100] < 80, `${amounts[100]}`);
  detector.dispose();
});

Deno.test("amounts go to the network as logarithms and come back as amounts, with the density of amounts", async () => {
  const detector = await Detector.fit(ROWS, { ...OPTIONS, epochs: 2 });
  const cells = { data: Float64Array.from(ROWS.slice(0, 5).flatMap(Object.values)), rows: 5 };
  const back = detector.fromVae(detector.toVae(cells));
  assertRelative([...back.data], [...cells.data], 1e-5, 1e-6);
  // ln |ds / dx| by central differences of what the network gets, one column at a time.
  const base = detector.logJacobians(cells), { scale } = detector.standardization;
  for (let r = 0; r < 5; r++) {
    const amount = cells.data[3 * r];
    const slope = (Math.log(amount * 1.001) - Math.log(amount * 0.999)) / (0.002 * amount) /
      scale[0];
    assertRelative(base[r], Math.log(slope / scale[1] / scale[2]), 1e-5, 1e-5);
  }
  const loaded = await TableScorer.load(detector.save());
  assert.deepEqual(await loaded.score(ROWS.slice(0, 20)), await detector.score(ROWS.slice(0, 20)));
  const out = new Float64Array(1);
  const [{ score }] = await loaded.score(ROWS.slice(0, 1));
  loaded.scoreInto(Object.values(ROWS[0]), out);
  assertRelative(out[0], score, 1e-5);
  // An older file uses amounts as they are.
  const file = readModelFile(detector.save());
  const { logs, ...table } = file.metadata.table as Record<string, unknown>;
  assert.equal(logs, true);
  const older = await TableScorer.load(
    writePackedFile({ ...file, metadata: { ...file.metadata, table } }),
  );
  assert.equal(older.table.expansion.isIdentity, true);
  for (const each of [detector, loaded, older]) each.dispose();
});

Deno.test("Expansion takes logarithms of positive columns only, and never of zero or negative numbers", () => {
  const schema = [{ name: "a", kind: "positive" }, { name: "b", kind: "count" }] as const;
  const { data } = new Expansion(schema, true).expand({
    data: Float64Array.of(Math.E, 3, 0, 1, -2, 0),
    rows: 3,
  });
  assertRelative([...data], [1, 3, 0, 1, 0, 0], 1e-12, 1e-12);
  assert.equal(new Expansion(schema).isIdentity, true);
  assert.equal(new Expansion(schema.slice(1), true).isIdentity, true);
});
