/**
 * Realistic tables, from CSV on the command line and from programs: text, times, empty cells, odd names. Oracles:
 * planted faults, equality of different routes, and what each row means.
 */
import assert from "node:assert/strict";
import { Detector, TableScorer } from "../../mod.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { normal } from "../../src/core/random/draws.ts";
import { auroc } from "../../src/scoring/metrics.ts";
import { cellsOf, elbow, elbowOk, Folder, QUICK, refused } from "./util.ts";

type Row = readonly [
  load: number | null,
  mode: string | null,
  on: boolean,
  at: string,
  temp: number,
];

const MODES = ["idle", "run", "wash, hot"];

/** A machine: load and temperature follow its mode; it is washed at night. */
function machineRows(count: number, seed: number): Row[] {
  const random = new HostRandom(seed, 0, 0);
  return Array.from({ length: count }, (_, r) => {
    const hour = random.below(24), night = hour < 6;
    const mode = night ? 2 : random.below(2);
    const load = [0.2, 5, 9][mode] + 0.3 * normal(random);
    const day = new Date(Date.UTC(2024, 0, 1 + r % 300, hour, random.below(60)));
    return [load, MODES[mode], mode > 0, day.toISOString(), 20 + 2 * load + 0.5 * normal(random)];
  });
}

const NAMES = ["load", "mode", "on", "at", "temp"];
const ROWS = machineRows(900, 1);
const FIT = { columns: NAMES, epochs: 60, hidden: [24], latent: 3, seed: 1 } as const;
const DETECTOR = await Detector.fit(ROWS, FIT);
const FRESH = machineRows(300, 2);

/** Faults in one column each; every value by itself is ordinary. */
const FAULTS: Record<string, (row: Row) => Row> = {
  load: ([, mode, on, at, temp]) => [mode === "idle" ? 9 : 0.2, mode, on, at, temp],
  mode: ([load, mode, on, at, temp]) => [load, mode === "idle" ? "run" : "idle", on, at, temp],
  on: ([load, mode, on, at, temp]) => [load, mode, !on, at, temp],
  at: ([load, mode, on, at, temp]) => [
    load,
    mode,
    on,
    at.replace(/T\d\d/, mode === "wash, hot" ? "T14" : "T02"),
    temp,
  ],
  temp: ([load, mode, on, at, temp]) => [load, mode, on, at, temp > 30 ? 20 : 38],
};

Deno.test("a fault is found in a column of any type", async () => {
  const usual = (await DETECTOR.score(FRESH)).map(({ score }) => score);
  for (const [column, plant] of Object.entries(FAULTS)) {
    const faulty = (await DETECTOR.score(FRESH.map(plant))).map(({ score }) => score);
    const label = Float64Array.from([...usual, ...faulty], (_, r) => Number(r >= usual.length));
    const found = auroc(Float64Array.from([...usual, ...faulty]), label);
    assert.ok(found > 0.9, `${column}: AUROC ${found}`);
  }
  assert.deepEqual(DETECTOR.schema.map(({ kind }) => kind), [
    "numeric",
    "categorical",
    "binary",
    "timestamp",
    "numeric",
  ]);
});

Deno.test("contributions sum to the score, single rows score as in a batch, and so they do after saving", async () => {
  const holed = FRESH.slice(0, 60).map((row, r) => row.map((cell, c) => (r + c) % 4 ? cell : null));
  const rows = [...FRESH.slice(60, 90), ...holed, NAMES.map(() => null)];
  const verdicts = await DETECTOR.score(rows);
  for (const { score, contributions, pValue } of verdicts) {
    const sum = Object.values(contributions).reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - score) < 1e-9 * (1 + Math.abs(score)));
    assert.ok(pValue > 0 && pValue <= 1);
  }
  const loaded = await TableScorer.load(DETECTOR.save());
  assert.deepEqual(loaded.schema, DETECTOR.schema);
  assert.deepEqual(await loaded.score(rows), verdicts);
  assert.deepEqual(loaded.save(), DETECTOR.save());
  const named = rows.map((row) => Object.fromEntries(NAMES.map((name, c) => [name, row[c]])));
  assert.deepEqual(await loaded.score(named), verdicts);
  const { toCells } = await import("../../src/scoring/table/table_rows.ts");
  const { data } = toCells(rows, loaded.schema), out = new Float64Array(7);
  verdicts.forEach(({ score, pValue, contributions }, r) => {
    loaded.scoreInto(data.subarray(5 * r, 5 * r + 5), out);
    assert.deepEqual([...out], [score, pValue, ...Object.values(contributions)]);
  });
  loaded.dispose();
});

Deno.test("a missing cell is neither strange nor reassuring, and the false-alarm rate holds for rows with one", async () => {
  const random = new HostRandom(9, 0, 0);
  const holed = FRESH.map((row) => row.map((cell) => random.uniformF64() < 0.3 ? null : cell));
  const verdicts = await DETECTOR.score(holed);
  const alarms = verdicts.filter(({ pValue }) => pValue <= 0.1).length / verdicts.length;
  // 180 calibration rows and 300 new ones at a rate of 0.1: standard deviation 0.028.
  assert.ok(alarms < 0.1 + 4 * 0.028, `${alarms}`);
  const none = (await DETECTOR.score([NAMES.map(() => null)]))[0];
  assert.ok(none.pValue > 0.05, "a row without any value is not an anomaly");
});

Deno.test("a category that was never seen is scored, and stands out", async () => {
  const rows = FRESH.slice(0, 50).map((row) => [...row.slice(0, 1), "explode", ...row.slice(2)]);
  const verdicts = await DETECTOR.score(rows);
  const blamed = verdicts.filter(({ contributions }) =>
    Object.entries(contributions).sort(([, a], [, b]) => b - a)[0][0] === "mode"
  );
  assert.ok(verdicts.filter(({ anomaly }) => anomaly).length > 40);
  assert.ok(blamed.length > 40, `${blamed.length} of 50 blame the column`);
});

for (const preset of ["ensemble", "small"] as const) {
  Deno.test(`training rows may lack cells; such a table trains and scores the same for a seed: ${preset}`, () =>
    testHoles(preset));
}

async function testHoles(preset: "ensemble" | "small"): Promise<void> {
  const random = new HostRandom(3, 0, 0);
  const holed = ROWS.map((row) => row.map((cell) => random.uniformF64() < 0.2 ? null : cell));
  const detector = await Detector.fit(holed, { ...FIT, epochs: 20, preset });
  // An ensemble fills in missing cells itself.
  assert.equal(detector.vae.spec.missing, preset === "small" ? "mask" : undefined);
  const again = await Detector.fit(holed, { ...FIT, epochs: 20, preset });
  assert.deepEqual(again.save(), detector.save());
  const usual = (await detector.score(FRESH)).map(({ score }) => score);
  const faulty = (await detector.score(FRESH.map(FAULTS.temp))).map(({ score }) => score);
  const label = Float64Array.from([...usual, ...faulty], (_, r) => Number(r >= usual.length));
  assert.ok(auroc(Float64Array.from([...usual, ...faulty]), label) > 0.9);
}

/** As CSV with a byte order mark, CRLF and quotes; null is an empty cell. */
function csvOf(rows: readonly (readonly unknown[])[], names = NAMES): string {
  const quoted = (cell: unknown) =>
    `${cell ?? ""}`.replace(/^.*[",\n].*$/s, (text) => `"${text.replaceAll('"', '""')}"`);
  return "\uFEFF" + [names, ...rows].map((row) => `${row.map(quoted).join()}\r\n`).join("");
}

Deno.test("the same table as CSV, JSON lines and rows gives the same model and scores", async () => {
  using folder = new Folder();
  const rows = ROWS.slice(0, 200).map((row, r) => r % 7 ? row : [row[0], null, ...row.slice(2)]);
  const csv = folder.write("t.csv", csvOf(rows));
  const jsonl = folder.write(
    "t.jsonl",
    rows.map((row) => JSON.stringify(Object.fromEntries(NAMES.map((n, c) => [n, row[c]])))).join(
      "\n",
    ),
  );
  await elbowOk("train", csv, "--out", folder.at("a"), ...QUICK);
  await elbowOk("train", jsonl, "--out", folder.at("b"), ...QUICK);
  assert.deepEqual(Deno.readFileSync(folder.at("a")), Deno.readFileSync(folder.at("b")));
  const scores = await elbowOk("score", folder.at("a"), csv);
  assert.equal(await elbowOk("score", folder.at("a"), jsonl), scores);
  const scorer = await TableScorer.load(Deno.readFileSync(folder.at("a")));
  const verdicts = await scorer.score(rows);
  cellsOf(scores).slice(1).forEach((cells, r) => assert.equal(Number(cells[1]), verdicts[r].score));
  for (const command of ["reconstruct", "encode", "evaluate", "inspect"]) {
    const args = command === "inspect" ? [folder.at("a")] : [folder.at("a"), csv];
    assert.doesNotMatch(await elbowOk(command, ...args), /NaN|undefined/);
  }
  const made = cellsOf(await elbowOk("sample", folder.at("a"), "--count", "5"));
  assert.deepEqual(made[0], NAMES);
  scorer.dispose();
});

Deno.test("--column and --schema determine the types of columns", async () => {
  using folder = new Folder();
  const lines = Array.from(
    { length: 60 },
    (_, r) => `${[10, 20, 30][r % 3]},${"abc"[r % 3]},${7 * r % 60}`,
  );
  const data = folder.write("t.csv", `zip,grade,n\n${lines.join("\n")}\n`);
  const model = folder.at("m");
  const kinds = async (...args: string[]) => {
    await elbowOk("train", data, "--out", model, ...QUICK, ...args);
    const { columns } = JSON.parse(await elbowOk("inspect", model, "--json"));
    return columns.map(({ kind, levels }: { kind: string; levels?: string[] }) =>
      levels ? `${kind} ${levels}` : kind
    );
  };
  assert.deepEqual(await kinds(), ["count", "categorical a,b,c", "count"]);
  assert.deepEqual(
    await kinds("--column", "zip=categorical", "--column", "grade=ordinal:c|b|a"),
    ["categorical 10,20,30", "ordinal c,b,a", "count"],
  );
  const schema = folder.write(
    "s.json",
    JSON.stringify([{ name: "zip", kind: "categorical" }, { name: "n", kind: "numeric" }, {
      name: "elsewhere",
      kind: "count",
    }]),
  );
  assert.deepEqual(await kinds("--schema", schema, "--column", "n=positive"), [
    "categorical 10,20,30",
    "categorical a,b,c",
    "positive",
  ]);
  const train = (...args: string[]) => refused("train", data, "--out", model, ...QUICK, ...args);
  assert.match(await train("--column", "zip=zipcode"), /where KIND is one of numeric, positive/);
  assert.match(await train("--column", "zip=count:1"), /A count column has no levels/);
  assert.match(
    await train("--column", "zap=count"),
    /Cannot use --column zap: .*t\.csv has no such column, only "/,
  );
  assert.match(
    await refused("report", data, "--column", "zap=count"),
    /Cannot use --column zap: .*t\.csv has no such column, only "/,
  );
  assert.match(await train("--schema", folder.write("no.json", "{")), /no\.json: expected JSON/);
  assert.match(
    await train("--schema", folder.write("no.json", '[{"name":"n"}]')),
    /no\.json\[0\]\.kind/,
  );
  assert.match(
    await train("--column", "grade=numeric"),
    /row 1 \(line 2\), column "grade": expected a finite number.*"a"/,
  );
});

Deno.test("odd tables either work or are refused with the reason", async () => {
  using folder = new Folder();
  const body = (row: (r: number) => string) =>
    Array.from({ length: 30 }, (_, r) => `${row(r)}\n`).join("");
  const works: [string, string][] = [
    ["an empty column", "a,b\n" + body((r) => `${r % 7},`)],
    ["identifiers", "id,a\n" + body((r) => `user ${r},${r % 5}`)],
    ["a mix of texts and numbers", "a,b\n" + body((r) => `${r},${r % 3 ? `v${r % 4}` : r % 2}`)],
    ["unicode", "温度,été\n" + body((r) => `${r % 6},${r % 2 ? "héß" : "日本"}`)],
    ["quoted names", '"a,b","c""d"\n' + body((r) => `${r % 7},"x ${r % 2}"`)],
    ["missing words", "a,b\n" + body((r) => `${r % 4 ? r : "NA"},${r % 3 ? "null" : r}`)],
    ["times alone", "t\n" + body((r) => `2024-01-${String(r + 1).padStart(2, "0")} 0${r % 9}:00`)],
  ];
  for (const [name, csv] of works) {
    const data = folder.write("t.csv", csv), model = folder.at("m");
    await elbowOk("train", data, "--out", model, ...QUICK);
    for (const [, score, p] of cellsOf(await elbowOk("score", model, data)).slice(1)) {
      assert.ok(Number.isFinite(Number(score)) && Number(p) > 0, name);
    }
  }
  const wide = `${Array.from({ length: 600 }, (_, c) => `c${c}`)}\n` +
    body((r) => Array.from({ length: 600 }, (_, c) => (r * c) % 11).join());
  await elbowOk("train", folder.write("w.csv", wide), "--out", folder.at("w"), ...QUICK);
  const bad: [string, RegExp][] = [
    ["id\n" + body((r) => `user ${r}`), /nothing to learn from any column/],
    [
      "a,b\n" + body((r) => `${r % 7},${r === 17 ? "oops" : r}`),
      /row 18 \(line 19\), column "b": expected a number/,
    ],
    [
      "a,b\n" + body((r) => `${r % 7},${r === 17 ? "inf" : "x"}`),
      /row 18 .*column "b": .*finite number.*"inf"/,
    ],
    ["a,a\n" + body((r) => `${r},1`), /column "a": column names must be unique/],
  ];
  for (const [csv, message] of bad) {
    assert.match(
      await refused("train", folder.write("t.csv", csv), "--out", folder.at("n"), ...QUICK),
      message,
    );
  }
});

Deno.test("training reports what a user should know about the columns", async () => {
  using folder = new Folder();
  const lines = Array.from({ length: 250 }, (_, r) => `${r % 9},${r % 9},4,u${r}`);
  const data = folder.write("t.csv", `a,b,k,id\n${lines.join("\n")}\n`);
  const { status, stderr } = await elbow(["train", data, "--out", folder.at("m"), ...QUICK]);
  assert.equal(status, 0);
  assert.match(stderr, /elbow: column "k" never changes: any other value will score high\n/);
  assert.match(stderr, /elbow: column "id" has a different text in every row/);
  assert.match(stderr, /elbow: column "b" equals "a" in every row\n/);
});

Deno.test("a JSON array of rows trains, scores and reports like JSON lines", async () => {
  using folder = new Folder();
  const rows = Array.from(
    { length: 60 },
    (_, r) => ({ a: r % 7 / 4, kind: "xyz"[r % 3], ok: r % 5 > 0 }),
  );
  const lines = folder.write("t.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
  const model = folder.at("m"), other = folder.at("o");
  await elbowOk("train", lines, "--out", model, ...QUICK);
  const want = await elbowOk("score", model, lines);
  for (const indent of [0, 2]) {
    const array = JSON.stringify(rows, null, indent), data = folder.write("t.json", array);
    await elbowOk("train", data, "--out", other, ...QUICK);
    assert.deepEqual(Deno.readFileSync(other), Deno.readFileSync(model));
    assert.equal(await elbowOk("score", model, data), want);
    const stdin = () => Promise.resolve(new TextEncoder().encode(array));
    assert.equal((await elbow(["score", model, "-"], { stdin })).stdout, want);
    assert.equal(JSON.parse(await elbowOk("drift", model, data, "--json")).rows, 60);
    assert.equal(JSON.parse(await elbowOk("report", data, "--json")).rows, 60);
  }
});

Deno.test("a column of identifiers is not part of the model and is never blamed", async () => {
  using folder = new Folder();
  const lines = Array.from({ length: 60 }, (_, r) => `u${r},${r % 7 / 4},${"xyz"[r % 3]}`);
  const data = folder.write("t.csv", ["id,a,kind", ...lines, ""].join("\n")),
    model = folder.at("m");
  for (const preset of ["small", "ensemble"]) {
    await elbowOk("train", data, "--out", model, "--epochs", "2", "--preset", preset);
    const later = folder.write("new.csv", `id,a,kind\nv1,900,x\nv2,0.5,y\n,0.5,z\n`);
    const { scores } = JSON.parse(await elbowOk("score", model, later, "--json"));
    for (const { score, contributions: { id, a, kind } } of scores) {
      assert.equal(id, 0);
      assert.ok(
        Math.abs(a + kind - score) < 1e-9 * Math.abs(score),
        `${a} + ${kind}, not ${score}`,
      );
    }
    const [, first] = cellsOf(await elbowOk("score", model, later, "--explain", "3"));
    assert.ok(first[4].startsWith("a"), first[4]);
    assert.doesNotMatch(first.join(), /\bid\b/);
  }
});

Deno.test("columns without name and values, as behind a separator at the end of lines, change nothing", async () => {
  using folder = new Folder();
  // Longer than a block of bytes, with texts, a gap and a quote.
  const rows = Array.from(
    { length: 9000 },
    (_, r) => [r * r % 97, r % 7 ? ["x", "y"][r % 2] : "", r === 5000 ? '"z, z"' : "w"],
  );
  const write = (name: string, cells: (row: readonly unknown[]) => string) =>
    folder.write(name, [["a", "b", "c"], ...rows].map((row) => `${cells(row)}\n`).join(""));
  const plain = write("plain.csv", (row) => row.join());
  const spaced = write("spaced.csv", ([a, b, c]) => [a, b, "", c, " ", ""].join());
  const models = [plain, spaced].map((_, i) => folder.at(`m${i}`));
  const options = ["--max-rows", "500", ...QUICK];
  await elbowOk("train", plain, "--out", models[0], ...options);
  await elbowOk("train", spaced, "--out", models[1], ...options);
  const want = await elbowOk("score", models[0], plain);
  const { stdout, stderr } = await elbow(["score", models[1], spaced]);
  assert.equal(stdout, want);
  assert.doesNotMatch(stderr, /not in the model/);
  const faulty = folder.write(
    "f.csv",
    Deno.readTextFileSync(spaced).replace("w, ,\n96", "w,7,\n96"),
  );
  for (
    const command of [["train", faulty, "--out", models[0], ...options], [
      "score",
      models[1],
      faulty,
    ]]
  ) {
    assert.match(
      await refused(...command),
      /row \d+ \(line \d+\): expected nothing in cell 5, which has no name in the header \(name it .*\), got "7"/,
    );
  }
});
