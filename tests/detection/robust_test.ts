/** Fits to tables that contain anomalies: which rows are left out, which are kept, and what p-values then mean. */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { ordinaryRows as ordinaryRowSteps } from "../../src/detection/ensemble/ordinary_rows.ts";
import { runSync } from "../../src/trained/steps.ts";
import { spreadOf } from "../../src/detection/ensemble/reference_distances.ts";
import { numericSchema } from "../../src/scoring/table/schema.ts";
import { auroc } from "../../src/scoring/metrics.ts";
import { cellsOf, normals, planeRows } from "../util/data.ts";

const COLUMNS = ["a", "b", "c", "d"];

/** Rows near a plane; from row `ordinary` on, a cluster away from it. */
function contaminated(ordinary: number, clump: number, seed: number): number[][] {
  const noise = normals(clump * 4, seed + 1);
  const far = Array.from(
    { length: clump },
    (_, r) => COLUMNS.map((_, c) => [3, -3, 3, 3][c] + 0.1 * noise[4 * r + c]),
  );
  return [...planeRows(ordinary, 4, seed, 0.5), ...far];
}

const ordinaryRows = (...given: Parameters<typeof ordinaryRowSteps>) =>
  runSync(ordinaryRowSteps(...given));

Deno.test("ordinaryRows() leaves out a cluster of anomalies, and keeps the other rows in order", () => {
  const rows = contaminated(500, 50, 3);
  const cells = cellsOf(rows);
  const kept = ordinaryRows(cells, numericSchema(COLUMNS), { share: 0.3, seed: 1 });
  assert.equal(kept.rows, 385);
  const place = new Map(rows.map((row, r) => [row.join(), r]));
  const places = Array.from(
    { length: kept.rows },
    (_, r) => place.get(kept.data.slice(4 * r, 4 * r + 4).join())!,
  );
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
  // By chance, 35 of the 50 would be kept.
  const left = places.filter((r) => r >= 500).length;
  assert.ok(left <= 35 / 3, `${left} of 50`);
});

Deno.test("ordinaryRows() handles missing cells, a constant column and equal rows", () => {
  const data = Float64Array.from(
    { length: 60 },
    (_, i) => i % 3 === 0 ? 7 : i % 7 === 0 ? NaN : i % 5,
  );
  const kept = ordinaryRows({ data, rows: 20 }, numericSchema(["k", "x", "y"]), {
    share: 0.5,
    seed: 0,
  });
  assert.equal(kept.rows, 10);
  const same = { data: new Float64Array(24).fill(2), rows: 12 };
  assert.equal(ordinaryRows(same, numericSchema(["x", "y"]), { share: 0.5, seed: 0 }).rows, 6);
});

Deno.test("spreadOf() is the mean distance to the ten nearest other rows, found by sorting all", () => {
  const features = 3, count = 30, rows = Float32Array.from(normals(features * count, 4));
  const spread = spreadOf(rows, features);
  for (let r = 0; r < count; r++) {
    const distances = Array.from(
      { length: count },
      (_, s) => Math.hypot(...[0, 1, 2].map((f) => rows[3 * r + f] - rows[3 * s + f])),
    )
      .filter((_, s) => s !== r).sort((a, b) => a - b).slice(0, 10);
    const want = distances.reduce((sum, each) => sum + each) / 10;
    // float32
    assert.ok(Math.abs(spread[r] - want) < 2 ** -22 * want, `row ${r}`);
  }
});

Deno.test("a robust fit finds the anomalies in its own table, and keeps its false-alarm rate", async () => {
  const rows = contaminated(1600, 60, 5);
  const table = [...rows.slice(0, 600), ...rows.slice(1600)], fresh = rows.slice(600, 1600);
  const options = { seed: 1, epochs: 20, hidden: [8], falseAlarmRate: 0.05, calibration: 0.3 };
  const quality = async (robust: boolean) => {
    const detector = await Detector.fit(table, { ...options, robust });
    const scores = Float64Array.from((await detector.score(table)).map(({ score }) => score));
    const label = Uint8Array.from(table, (_, r) => r < 600 ? 0 : 1);
    const alarms = (await detector.score(fresh)).filter(({ anomaly }) => anomaly).length;
    detector.dispose();
    return { area: auroc(scores, label), alarms: alarms / fresh.length };
  };
  const [plain, robust] = [await quality(false), await quality(true)];
  assert.ok(robust.area > 0.99 && robust.area >= plain.area, `${robust.area} beside ${plain.area}`);
  // Anomalies among the calibration rows have the highest scores, so fewer normal rows are flagged: by the 5 % of all
  // rows that are anomalies, and the binomial error of 198 calibration rows.
  assert.ok(robust.alarms <= 0.05 + 3 * Math.sqrt(0.05 * 0.95 / 198), `${robust.alarms}`);
});

Deno.test("a robust fit does not take a level for a fault if every tenth row has it", async () => {
  const rows = contaminated(1000, 30, 7);
  const table = rows.map((row, r) => ({
    ...Object.fromEntries(row.map((value, c) => [COLUMNS[c], value])),
    ok: r % 10 > 0,
  }));
  const schema = [...numericSchema(COLUMNS), {
    name: "ok",
    kind: "binary" as const,
    levels: ["false", "true"],
  }];
  const data = Float64Array.from(rows.flatMap((row, r) => [...row, Number(r % 10 > 0)]));
  const kept = ordinaryRows({ data, rows: rows.length }, schema, { share: 0.5, seed: 1 });
  const rare = Array.from({ length: kept.rows }, (_, r) => kept.data[5 * r + 4]).filter((ok) =>
    ok === 0
  );
  assert.equal(kept.rows, 515);
  // Half of the half of 103.
  assert.ok(rare.length >= 25, `${rare.length} of 103`);

  const options = { seed: 1, epochs: 10, hidden: [8], robust: true };
  const detector = await Detector.fit(table, options);
  const scores = Float64Array.from((await detector.score(table)).map(({ score }) => score));
  detector.dispose();
  const label = Uint8Array.from(table, (_, r) => r < 1000 ? 0 : 1);
  const area = auroc(scores, label);
  // If all were left out, a hundred ordinary rows would score above the 30: an AUROC of at most 0.9.
  assert.ok(area > 0.95, `${area}`);
});

Deno.test("a robust fit warns of columns that vary only in rows that it left out", async () => {
  const rows = planeRows(600, 4, 9, 0.5).map(([a, b, c, d], r) => ({
    ...{ a, b, c, d },
    gain: r % 10 === 0 ? 100 + 50 * Math.abs(a) : 0,
    plan: "xyz"[r % 3],
  }));
  const options = { seed: 1, epochs: 1, hidden: [4] };
  const told = async (robust: boolean | number) => {
    const detector = await Detector.fit(rows, { ...options, robust });
    const { warnings } = detector;
    detector.dispose();
    return warnings.filter((warning) => warning.includes("robust fit kept"));
  };
  const [warning, ...more] = await told(true);
  assert.match(
    warning,
    /^column "gain" is not 0 in 1\d % of the training rows, but in hardly any .*robust: 0\.1/,
  );
  assert.deepEqual(more, []);
  for (const robust of [false, 0.05]) assert.deepEqual(await told(robust), []);
});

Deno.test("a robust fit refuses a share that it cannot leave out", async () => {
  for (const robust of [0, 0.6, -1, NaN]) {
    await assert.rejects(Detector.fit(planeRows(30, 4, 1), { robust }), /robust/);
  }
});
