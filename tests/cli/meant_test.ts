/**
 * Columns whose cells probably mean something else than what is read. Oracle: tables whose meaning is known, and the
 * same tables without the problem.
 */
import assert from "node:assert/strict";
import { slownessOf } from "../../src/cli/train/wide_tables.ts";
import { planeRows } from "../util/data.ts";
import { elbow, elbowOk, Folder, QUICK, refused } from "./util.ts";

Deno.test("values written in several ways, and amounts in several currencies, cause a warning", async () => {
  using folder = new Folder();
  const cells: readonly (readonly [RegExp | undefined, (row: number) => string])[] = [
    [
      /"NORTH", "North" and "north", which count as different/,
      (r) => ["North", "NORTH", "north", "south"][r % 4],
    ],
    [/"no", "true" and "yes", which count as different/, (r) => ["yes", "no", "true"][r % 3]],
    [/amounts in "\$" and "€", and only their numbers/, (r) => r % 3 ? `$${r}.50` : `${r}.25 €`],
    [undefined, (r) => ["North", "South", "yes"][r % 3]],
    [undefined, (r) => `$${r * r % 31}.50`],
    // House numbers, names of few sizes, and codes.
    [undefined, (r) => ["1Story", "2Story", "1.5Fin", "SLvl"][r * 7 % 4]],
    [undefined, (r) => `0${1 + r % 7} ${["QUEENS", "BRONX"][r % 2]}`],
    [undefined, (r) => `${1 + r % 9}${"abcdefg"[r % 7]}`],
  ];
  for (const [said, cell] of cells) {
    const lines = Array.from({ length: 60 }, (_, r) => `${cell(r)};${r * r % 17}`);
    const data = folder.write("t.csv", ["c;x", ...lines, ""].join("\n"));
    const { stderr } = await elbow(["report", data]);
    if (said) assert.match(stderr, said);
    else assert.doesNotMatch(stderr, /looks like|count as different|only their numbers/);
  }
  const lines = Array.from({ length: 60 }, (_, r) => `${["yes", "Yes"][r % 2]};${r * r % 17}`);
  const data = folder.write("t.csv", ["c;x", ...lines, ""].join("\n"));
  const declared = await elbow([
    ...["train", data, "--out", folder.at("m"), "--column", "c=categorical", ...QUICK],
  ]);
  assert.doesNotMatch(declared.stderr, /count as different/);
});

Deno.test("numbers that look like times cause a warning, with the declaration that reads them as times", async () => {
  using folder = new Folder();
  const start = Date.UTC(2024, 0, 1);
  // Out of order, because an ascending column is left out.
  const seconds = (r: number) => start / 1000 + (r * 7919 % 60) * 86_400 + r;
  const cells: readonly (readonly [string, RegExp | undefined, (row: number) => string])[] = [
    [
      "day",
      /looks like dates of eight digits, .*--column day=timestamp:ymd/,
      (r) => new Date(1000 * seconds(r)).toISOString().slice(0, 10).replaceAll("-", ""),
    ],
    [
      "created_at",
      /looks like times since 1970, .*--column created_at=timestamp/,
      (r) => `${r % 2 ? seconds(r) : 1000 * seconds(r)}`,
    ],
    [
      "created at",
      /looks like times since 1970, .*--column "created at=timestamp"/,
      (r) => `${seconds(r)}`,
    ],
    // Ten digits may be a telephone number.
    ["phone", undefined, (r) => `${seconds(r)}`],
    ["part", undefined, (r) => `${20_240_001 + r * 37 % 60}`],
  ];
  for (const [name, said, cell] of cells) {
    const lines = Array.from({ length: 60 }, (_, r) => `${cell(r)},${r * r % 17}`);
    const data = folder.write("t.csv", [`${name},x`, ...lines, ""].join("\n"));
    const { stderr } = await elbow(["report", data]);
    if (said) assert.match(stderr, said);
    else assert.doesNotMatch(stderr, /looks like/);
  }
});

Deno.test("a limit such as <0.5 among numbers is refused as such", async () => {
  using folder = new Folder();
  const lines = Array.from({ length: 30 }, (_, r) => `${r === 4 ? "<0.01" : `0.${r}`},${r % 7}`);
  const data = folder.write("t.csv", ["conc,y", ...lines, ""].join("\n"));
  assert.match(
    await refused("report", data),
    /row 5 \(line 6\), .*\(write the bound itself, .*"<0\.01"/,
  );
});

Deno.test("labels of 1 and -1, or of 1 and 2, cause a warning that all rows count as anomalies", async () => {
  using folder = new Folder();
  const rows = planeRows(60, 2, 4);
  const train = (normal: number, odd: number) => {
    const lines = rows.map(([a, b], r) => [a, b, r % 20 === 0 ? odd : normal].join());
    const data = folder.write("t.csv", `a,b,bad\n${lines.join("\n")}\n`);
    return elbow(["train", data, "--label", "bad", "--out", folder.at("m"), ...QUICK]);
  };
  for (const [normal, odd] of [[1, -1], [1, 2]] as const) {
    const { stdout, stderr } = await train(normal, odd);
    assert.match(stderr, /all rows are labelled anomalous: of numbers, only 0 is normal/);
    assert.match(stdout, /AUROC +needs normal rows: of numbers, only 0 is normal/);
  }
  assert.doesNotMatch((await train(0, -1)).stderr, /all rows are labelled/);
});

Deno.test("numbers that may mean a missing value cause a warning, with their share", async () => {
  using folder = new Folder();
  const report = async (cell: (r: number) => number) => {
    const lines = Array.from({ length: 60 }, (_, r) => `${cell(r)},${r * r % 17}`);
    return (await elbow(["report", folder.write("t.csv", ["a,x", ...lines, ""].join("\n"))]))
      .stderr;
  };
  const plain = (r: number) => 10 + r * r % 13 / 4;
  for (const sentinel of [-999, 9999, 99, -200, -100.5]) {
    assert.match(
      await report((r) => r % 10 ? plain(r) : sentinel),
      new RegExp(
        `column "a" is ${sentinel} in 10 % of the rows, far from all its other values: .* leave those cells empty`,
      ),
    );
  }
  // Only once, among other values, a number that nobody would use for it, and one without others to be far from.
  for (
    const cell of [
      (r: number) => r === 30 ? -999 : plain(r),
      (r: number) => r % 10 ? 9 * plain(r) : 99,
      (r: number) => r % 10 ? plain(r) : 640,
      // Nothing, beside few other numbers.
      (r: number) => r % 10 ? 10 + r % 3 : 0,
      () => 99,
    ]
  ) assert.doesNotMatch(await report(cell), /missing value/);
});

Deno.test("a decimal point beside decimal commas is refused, and beside amounts with commas causes a warning", async () => {
  using folder = new Folder();
  const write = (b: (r: number) => string) => {
    const lines = Array.from({ length: 60 }, (_, r) => `1${r % 7}.${100 + r};${b(r)};${r % 5}`);
    return folder.write("t.csv", ["a;b;c", ...lines, ""].join("\n"));
  };
  const data = write((r) => `${r},5`),
    model = folder.at("m"),
    train = ["train", data, "--out", model];
  for (const rows of ["60", "30"]) {
    assert.match(
      await refused(...train, "--max-rows", rows, ...QUICK),
      /row \d+ \(line \d+\), column "a": expected a decimal comma, as in column "b" \(or declare .*numeric:1\.234,50/,
    );
  }
  // Declared formats are read in training and scoring.
  for (const [format, thousands] of [["1.234,50", 1], ["1,234.50", 1000]] as const) {
    await elbowOk(...train, "--column", `a=numeric:${format}`, ...QUICK);
    const { columns } = JSON.parse(await elbowOk("inspect", model, "--json"));
    assert.ok(Math.abs(columns[0].centre * thousands - 13_000) < 2000, `${columns[0].centre}`);
    assert.equal((await elbowOk("score", model, data)).trim().split("\n").length, 61);
  }
  const { stderr } = await elbow(["report", write((r) => `1.${100 + r},50 €`)]);
  assert.match(
    stderr,
    /column "a" has decimal points, such as 10\.1, and column "b" decimal commas: .*declare it numeric:1\.234,50 \(--column a=numeric:1\.234,50\)/,
  );
});

Deno.test("a note says that the default takes long for very many columns, and what does not", () => {
  assert.match(
    slownessOf(6831, {})!,
    /^6,831 columns: the default .*, --preset small in proportion/,
  );
  assert.equal(slownessOf(500, {}), undefined);
  assert.equal(slownessOf(6831, { preset: "small" }), undefined);
  assert.equal(slownessOf(6831, { window: 50 }), undefined);
});
