/**
 * Detectors of rows that arrive in batches. Oracles: the same rows in one list, and a file of them on the command line.
 */
import assert from "node:assert/strict";
import { Detector, type DetectorOptions } from "../../mod.ts";
import type { TableRows } from "../../src/scoring/table/table_rows.ts";
import { elbowOk, Folder, QUICK } from "../cli/util.ts";
import { planeRows } from "../util/data.ts";
import { flaggedBounds } from "../util/flagged_law.ts";

const ROWS = planeRows(3000, 3, 5).map(([a, b, c], r) => ({ a, b, c, kind: "xyz"[r % 3] }));
const CHEAP: DetectorOptions = { preset: "small", hidden: [8], latent: 2, epochs: 3, seed: 2 };

async function* batches(rows: readonly unknown[], size: number): AsyncGenerator<TableRows> {
  for (let at = 0; at < rows.length; at += size) {
    yield await Promise.resolve(rows.slice(at, at + size) as TableRows);
  }
}

const fitBytes = async (rows: Parameters<typeof Detector.fit>[0], options: DetectorOptions) => {
  const detector = await Detector.fit(rows, options), bytes = detector.save();
  detector.dispose();
  return bytes;
};

Deno.test("batches of any size train the same detector as one list, with all rows or a sample", async () => {
  for (const options of [CHEAP, { ...CHEAP, maxRows: 500 }, { ...CHEAP, maxRows: 3000 }]) {
    const whole = await fitBytes(ROWS, options);
    for (const size of [1, 77, 4000]) {
      assert.deepEqual(await fitBytes(batches(ROWS, size), options), whole);
    }
  }
  assert.notDeepEqual(
    await fitBytes(ROWS, { ...CHEAP, maxRows: 500 }),
    await fitBytes(ROWS, CHEAP),
  );
});

Deno.test("rows in batches train the same detector as on the command line, with the same warnings", async () => {
  using folder = new Folder();
  const csv = ["a,b,c,kind", ...ROWS.map((row) => Object.values(row).join())].join("\n");
  const data = folder.write("t.csv", csv), out = folder.at("m");
  await elbowOk("train", data, "--out", out, ...QUICK, "--seed", "2", "--max-rows", "400");
  const detector = await Detector.fit(batches(ROWS, 100), { ...CHEAP, maxRows: 400 });
  assert.deepEqual(detector.save(), Deno.readFileSync(out));
  assert.match(detector.warnings[0], /400 of 3000 rows train and calibrate, a random sample/);
  detector.recalibrate(ROWS.slice(0, 100));
  assert.doesNotMatch(detector.warnings.join(), /rows train and calibrate/, "no longer true");
  detector.dispose();
});

Deno.test("a report on a column describes the rows that were drawn, if others were left out", async () => {
  const detector = await Detector.fit(ROWS.map(({ a, b }, r) => ({ a, b, k: +(r === 7) })), {
    ...CHEAP,
    maxRows: 100,
  });
  assert.match(
    detector.warnings.join("\n"),
    /^column "k" never changes in the rows used: any other/m,
  );
  detector.dispose();
});

Deno.test("a sample of a sorted table keeps the false-alarm rate; its first rows would not", async () => {
  const rows = planeRows(9000, 4, 23, 0.5), fresh = rows.slice(4000);
  const sorted = rows.slice(0, 4000).sort((a, b) => a[0] - b[0]), rate = 0.05;
  const flaggedBy = async (table: Parameters<typeof Detector.fit>[0]) => {
    const detector = await Detector.fit(table, { ...CHEAP, falseAlarmRate: rate, maxRows: 600 });
    const flagged = (await detector.score(fresh)).filter(({ anomaly }) => anomaly).length;
    const bounds = flaggedBounds(detector.calibrationRows, rate, fresh.length);
    detector.dispose();
    return { flagged, bounds };
  };
  const { flagged, bounds: [low, high] } = await flaggedBy(batches(sorted, 500));
  assert.ok(flagged >= low && flagged <= high, `${flagged} outside ${low} … ${high}`);
  const first = await flaggedBy(sorted.slice(0, 600));
  assert.ok(first.flagged > first.bounds[1], `${first.flagged}`);
});

Deno.test("the type inferred for a column allows all values of the table, whether they were drawn or not", async () => {
  const rows = ROWS.map((row, r) => ({
    ...row,
    flag: Number(r === 1234),
    word: r === 1234 ? "no" : "yes",
    count: r === 1234 ? -1 : r % 5,
  }));
  for (const seed of [1, 2]) {
    const detector = await Detector.fit(batches(rows, 100), { ...CHEAP, maxRows: 300, seed });
    const kindOf = (name: string) => detector.schema.find((column) => column.name === name);
    assert.deepEqual(kindOf("flag"), { name: "flag", kind: "binary", levels: ["0", "1"] });
    assert.deepEqual(kindOf("word"), { name: "word", kind: "binary", levels: ["no", "yes"] });
    assert.equal(kindOf("count")!.kind, "numeric");
    detector.dispose();
  }
});

Deno.test("matrices count as batches, and a series trains on its last steps", async () => {
  const data = planeRows(900, 3, 8);
  async function* matrices() {
    for (let at = 0; at < 900; at += 300) {
      const batch = Float64Array.from(data.slice(at, at + 300).flat());
      yield await Promise.resolve({ data: batch, shape: [300, 3] as const });
    }
  }
  const [long, short] = await Promise.all([
    Detector.fit(matrices(), { window: 5, maxRows: 400 }),
    Detector.fit(data.slice(-400), { window: 5 }),
  ]);
  assert.equal(long.threshold, short.threshold);
});

Deno.test("a refusal names the number of the row among all batches, and a signal stops the reading", async () => {
  const fit = (rows: AsyncIterable<unknown>, options: DetectorOptions = CHEAP) =>
    Detector.fit(rows as AsyncIterable<TableRows>, options);
  const wrong: unknown[] = ROWS.with(250, { ...ROWS[250], b: Infinity });
  await assert.rejects(fit(batches(wrong, 100)), /row 251, column "b"/);
  const narrow = [...ROWS.slice(0, 150), { a: 1 }];
  await assert.rejects(fit(batches(narrow, 100)), /row 151\b/);
  // Found after all rows were read: the number counts all rows, whichever were drawn.
  const far: unknown[] = ROWS.with(1999, { ...ROWS[1999], b: 1e30 });
  const faults = await Promise.all(
    [1, 2].map((seed) =>
      fit(batches(far, 100), { ...CHEAP, maxRows: 2900, seed }).then(String, String)
    ),
  );
  assert.ok(faults.some((fault) => /row 2000, column "b"/.test(fault)), `${faults}`);
  await assert.rejects(fit(batches([], 1)), /there are no rows, or the rows have no columns/);
  async function* single() {
    yield await Promise.resolve({ a: 1 });
  }
  await assert.rejects(fit(single()), /each batch must be a list of rows or a matrix/);
  await assert.rejects(Detector.fit(ROWS, { maxRows: 0 }), /maxRows/);
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(fit(batches(ROWS, 10), { ...CHEAP, signal }), /enough/);
});

Deno.test("new rows in batches recalibrate, train on and test a detector as in one list, or a sample of them", async () => {
  const file = await fitBytes(ROWS.slice(0, 1000), CHEAP), rest = ROWS.slice(1000);
  const run = async (act: (detector: Detector) => unknown) => {
    const detector = await Detector.load(file), result = await act(detector);
    const bytes = detector.save();
    detector.dispose();
    return { result, bytes };
  };
  const update = { epochs: 2, seed: 3 };
  const pairs: [(detector: Detector) => unknown, (detector: Detector, size: number) => unknown][] =
    [
      [(one) => one.recalibrate(rest), (one, size) => one.recalibrate(batches(rest, size))],
      [
        (one) => one.partialFit(rest, update),
        (one, size) => one.partialFit(batches(rest, size), update),
      ],
      [(one) => one.drift(rest), (one, size) => one.drift(batches(rest, size))],
      [
        (one) => one.recalibrate(rest, { maxRows: 300, seed: 4 }),
        (one, size) => one.recalibrate(batches(rest, size), { maxRows: 300, seed: 4 }),
      ],
      [
        (one) => one.partialFit(rest, { ...update, maxRows: 300 }),
        (one, size) => one.partialFit(batches(rest, size), { ...update, maxRows: 300 }),
      ],
    ];
  for (const [i, [whole, inBatches]] of pairs.entries()) {
    const expected = await run(whole);
    for (const size of [77, 4000]) {
      assert.deepEqual(await run((one) => inBatches(one, size)), expected, `${i} ${size}`);
    }
  }
  const { result } = await run(async (one) => {
    const { scored } = await one.recalibrate(batches(rest, 99), { maxRows: 300 });
    return [scored, one.warnings[0]];
  });
  assert.deepEqual(result, [300, "300 of 2000 rows calibrate, a random sample"]);
});

Deno.test("new rows in batches are refused by their number among all, and leave the detector as it was", async () => {
  const detector = await Detector.fit(ROWS.slice(0, 200), CHEAP), before = detector.save();
  const bad = ROWS.slice(0, 300).with(250, { ...ROWS[0], b: "x" as unknown as number });
  for (
    const act of [
      () => detector.recalibrate(batches(bad, 100)),
      () => detector.partialFit(batches(bad, 100)),
      () => detector.drift(batches(bad, 100)),
    ]
  ) await assert.rejects(act, /^TypeError: Cannot read row 251, column "b": expected/);
  const row = () => batches([[1, 2]], 1) as AsyncIterable<TableRows>;
  await assert.rejects(() => detector.recalibrate(row()), /Cannot read row 1/);
  await assert.rejects(
    () =>
      detector.partialFit((async function* () {
        yield 7 as unknown as TableRows;
      })()),
    /^TypeError: Cannot update detector: each batch must be a list of rows or a matrix, got 7/,
  );
  await assert.rejects(
    () => detector.recalibrate(batches([], 1)),
    /^RangeError: Cannot recalibrate: needs at least 10 rows, got 0/,
  );
  await assert.rejects(
    async () => await detector.recalibrate(ROWS, { maxRows: 0 }),
    /Cannot read maxRows: must be at least 1, got 0/,
  );
  await assert.rejects(
    () => detector.partialFit(ROWS, { maxrows: 5 } as object),
    /partialFit options: unknown key "maxrows"/,
  );
  const gone = AbortSignal.abort(new DOMException("gone", "AbortError"));
  await assert.rejects(() => detector.partialFit(batches(ROWS, 50), { signal: gone }), /gone/);
  assert.deepEqual(detector.save(), before);
  detector.dispose();
});

Deno.test("new steps of a series in batches recalibrate as in one list, the last of them if there are too many", async () => {
  const steps = planeRows(900, 3, 8), options = { window: 5, seed: 1 };
  const after = async (recalibrate: (detector: Detector) => unknown) => {
    const detector = await Detector.fit(steps.slice(0, 400), options);
    await recalibrate(detector);
    return detector.save();
  };
  const rest = steps.slice(400), last = rest.slice(-200);
  const whole = await after((one) => one.recalibrate(rest));
  assert.deepEqual(await after((one) => one.recalibrate(batches(rest, 33))), whole);
  const few = await after((one) => one.recalibrate(batches(rest, 33), { maxRows: 200 }));
  const scores = async (bytes: Uint8Array) => (await Detector.load(bytes)).calibration.scores;
  assert.deepEqual(await scores(few), await scores(await after((one) => one.recalibrate(last))));
});
