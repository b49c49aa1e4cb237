/**
 * Which columns the commands use, and what they report about the others. Oracle: the same command on a table without
 * the column.
 */
import assert from "node:assert/strict";
import { reportCells } from "../../src/detection/data_report.ts";
import { findUnseenTimes } from "../../src/detection/columns/unseen_times.ts";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

/** The table with an additional first column. */
function withColumn(csv: string, name: string, cell: (row: number) => string): string {
  const [header, ...rows] = csv.trimEnd().split("\n");
  return [`${name},${header}`, ...rows.map((row, r) => `${cell(r)},${row}`)].join("\n") + "\n";
}

const PLAIN = tableCsv(60), WITH_ID = withColumn(PLAIN, "id", (r) => `${r}`);

Deno.test("--exclude ignores columns as if they did not exist", async () => {
  using folder = new Folder();
  const plain = folder.write("plain.csv", PLAIN), data = folder.write("t.csv", WITH_ID);
  const spec = '{ "latent": [{ "size": 2 }] }';
  for (const more of [QUICK, ["--spec", spec, "--epochs", "2"]]) {
    const files = [plain, data].map((table, i) => [table, folder.at(`m${i}`)] as const);
    for (const [table, out] of files) {
      const exclude = table === data ? ["--exclude", "id"] : [];
      await elbowOk("train", table, "--out", out, ...exclude, ...more);
    }
    assert.deepEqual(Deno.readFileSync(files[1][1]), Deno.readFileSync(files[0][1]));
  }
  const told = async (...args: string[]) => {
    const { data: _, ...rest } = JSON.parse(await elbowOk("report", ...args, "--json"));
    return rest;
  };
  assert.deepEqual(await told(data, "--exclude", "id"), await told(plain));
  const wrong = await refused("report", data, "--exclude", "idd");
  assert.match(wrong, /column "idd": expected one of the columns "id", "a"/);
  const none = await refused("report", data, "--columns", "id", "--exclude", "id");
  assert.match(none, /at least one data column/);
});

Deno.test("row numbers are used only on request; other ascending columns cause a warning", async () => {
  using folder = new Folder();
  const model = folder.at("m"), plain = folder.at("p");
  const train = (csv: string, ...more: string[]) =>
    elbow(["train", folder.write("t.csv", csv), "--out", model, ...more, ...QUICK]);
  await elbowOk("train", folder.write("plain.csv", PLAIN), "--out", plain, ...QUICK);
  const numberings: ((row: number) => string)[] = [(r) => `${r}`, (r) => `${1e6 - 7 * r * r - r}`];
  for (const cell of numberings) {
    const { stderr } = await train(withColumn(PLAIN, "id", cell));
    assert.match(stderr, /column "id" is not trained on: .*; --column id=numeric keeps it/);
    assert.deepEqual(Deno.readFileSync(model), Deno.readFileSync(plain));
  }
  const kept = [["--column", "id=numeric"], ["--columns", "id,a,b,c,d"]];
  for (const keep of kept) {
    const { stderr } = await train(WITH_ID, ...keep);
    assert.match(stderr, /column "id" rises .* unless it is left out \(--exclude\), or declared/);
    assert.equal(JSON.parse(await elbowOk("inspect", model, "--json")).columns.length, 5);
  }
  // Not whole numbers, or not ascending in every row.
  for (const cell of [(r: number) => `${r + 0.5}`, (r: number) => `${r - Number(r === 30)}`]) {
    const { stderr } = await train(withColumn(PLAIN, "id", cell));
    assert.match(stderr, /column "id" rises/);
  }
});

Deno.test("the row labels of pandas are recognised and not used; scoring does not need them", async () => {
  using folder = new Folder();
  const plain = folder.write("plain.csv", PLAIN), model = folder.at("m"), other = folder.at("o");
  await elbowOk("train", plain, "--out", other, ...QUICK);
  // As they were, in another order, and with names as R writes them.
  const labels: [label: (row: number) => string, kind: string][] = [
    [(r) => `${r}`, "numeric"],
    [(r) => `${r * 7 % 11}${r}`, "numeric"],
    [(r) => `n${r}`, "categorical"],
  ];
  for (const [label, kind] of labels) {
    const [header, ...lines] = PLAIN.trimEnd().split("\n");
    const labelled = [`,${header}`, ...lines.map((line, r) => `${label(r)},${line}`), ""].join(
      "\n",
    );
    const data = folder.write("t.csv", labelled);
    const { stderr, status } = await elbow(["train", data, "--out", model, ...QUICK]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /column "Unnamed: 0" is not trained on/);
    assert.ok(stderr.includes(`--column "Unnamed: 0=${kind}" keeps it`), stderr);
    assert.deepEqual(Deno.readFileSync(model), Deno.readFileSync(other));
    assert.equal(await elbowOk("score", model, data), await elbowOk("score", model, plain));
  }
  const kept = await elbow([
    ...["train", folder.at("t.csv"), "--out", model, "--columns", "a,Unnamed: 0", ...QUICK],
  ]);
  assert.equal(kept.status, 0, kept.stderr);
  assert.match(await elbowOk("score", model, folder.at("t.csv")), /^row,score/);
});

Deno.test("row labels that were read and written again are two columns, as in pandas", async () => {
  using folder = new Folder();
  const plain = folder.write("plain.csv", PLAIN), model = folder.at("m"), other = folder.at("o");
  await elbowOk("train", plain, "--out", other, ...QUICK);
  const [header, ...lines] = PLAIN.trimEnd().split("\n");
  const twice = [`,Unnamed: 0,${header}`, ...lines.map((line, r) => `n${r},${r},${line}`), ""];
  const data = folder.write("t.csv", twice.join("\n"));
  const { stderr, status } = await elbow(["train", data, "--out", model, ...QUICK]);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /column "Unnamed: 0.1" is not trained on: it has no name/);
  assert.match(stderr, /column "Unnamed: 0" is not trained on: it rises/);
  assert.deepEqual(Deno.readFileSync(model), Deno.readFileSync(other));
  assert.equal(await elbowOk("score", model, data), await elbowOk("score", model, plain));
});

Deno.test("a label column of unknown words is kept out of training with a warning; scoring does not need a label", async () => {
  using folder = new Folder();
  const csv = withColumn(PLAIN, "fault", (r) => ["bearing", "belt", "none of these"][r % 3]);
  const data = folder.write("t.csv", csv), plain = folder.write("plain.csv", PLAIN);
  const out = folder.at("m"), other = folder.at("o");
  const outcome = await elbow(["train", data, "--label", "fault", "--out", out, ...QUICK]);
  assert.equal(outcome.status, 0, outcome.stderr);
  assert.match(
    outcome.stderr,
    /label "fault" is kept out but not reported on: .*row 1 \(line 2\)/,
  );
  await elbowOk("train", plain, "--out", other, ...QUICK);
  assert.deepEqual(Deno.readFileSync(out), Deno.readFileSync(other));
  const { columns } = JSON.parse(await elbowOk("report", data, "--label", "fault", "--json"));
  assert.deepEqual(columns.map(({ name }: { name: string }) => name), ["a", "b", "c", "d"]);
  assert.match(
    await refused("evaluate", out, data, "--label", "fault"),
    /"fault".*anomaly or normal/,
  );
});

Deno.test("report counts texts too rare to be levels, and rows that differ only in them", async () => {
  using folder = new Folder();
  const customers = Array.from({ length: 300 }, (_, r) => `customer ${r % 150}`);
  const csv = ["customer,kind", ...customers.map((name, r) => `${name},${"ab"[r % 2]}`)].join("\n");
  const data = folder.write("t.csv", `${csv}\n`);
  const { columns, duplicateRows } = JSON.parse(await elbowOk("report", data, "--json"));
  assert.deepEqual(columns.map(({ distinct }: { distinct: number }) => distinct), [150, 2]);
  assert.equal(duplicateRows, 150);
});

Deno.test("times that cover no whole day or week cause a warning; dates and whole weeks do not", async () => {
  using folder = new Folder();
  const told = async (step: number, ...more: string[]) => {
    const time = (r: number) => new Date(1.7e12 + 1000 * step * r).toISOString();
    const data = folder.write("t.csv", withColumn(tableCsv(120), "at", time));
    return (await elbow(["train", data, "--out", folder.at("m"), ...QUICK, ...more])).stderr;
  };
  // From Tuesday, 14 November 2023, 22:13:20 UTC: two hours of minutes, then 25 days of every fifth hour.
  assert.match(
    await told(60, "--column", "at=timestamp"),
    /"at" has no times in 21 of the 24 hours of the day and on 5 of the 7 days of the week \(UTC\)/,
  );
  assert.match(
    await told(60, "--column", "at=timestamp"),
    /will score high unless it is left out \(--exclude\)/,
  );
  assert.doesNotMatch(await told(5 * 3600), /has no time/);
  const day = 86400,
    column = (seconds: number[]) => ({
      data: Float64Array.from(seconds),
      rows: seconds.length,
    });
  assert.deepEqual(findUnseenTimes(column([0, day, 2 * day, NaN]), 1, 0), { hours: 0, days: 4 });
  assert.deepEqual(findUnseenTimes(column([-1, day + 3600]), 1, 0), { hours: 22, days: 5 });
  assert.equal(findUnseenTimes(column([NaN]), 1, 0), undefined);
  // All of 1970-01-01 are times of day, without a day of the week.
  assert.deepEqual(findUnseenTimes(column([0, 3600]), 1, 0), { hours: 22, days: 0 });
  const { warnings } = reportCells(column([day, day + 3600]), [{ name: "t", kind: "timestamp" }]);
  assert.match(warnings.join("\n"), /"t" has no times in 22 .* and on 6/);
});

Deno.test("times of a single morning are used only on request, so that the next morning is no anomaly", async () => {
  using folder = new Folder();
  const model = folder.at("m"), ensemble = ["--epochs", "20", "--hidden", "8"];
  const from = (start: number) =>
    folder.write(
      `${start}.csv`,
      withColumn(tableCsv(120), "at", (r) => new Date(1.7e12 + start + 60e3 * r).toISOString()),
    );
  const flaggedLater = async (...more: string[]) => {
    const { stderr } = await elbow(["train", from(0), "--out", model, ...ensemble, ...more]);
    const { anomalies } = JSON.parse(await elbowOk("score", model, from(12 * 3600e3), "--json"));
    return { stderr, anomalies };
  };
  const asItIs = await flaggedLater();
  assert.match(asItIs.stderr, /"at" is not trained on: it has no times in 2\d of the 24 hours/);
  assert.match(asItIs.stderr, /--column at=timestamp keeps it/);
  assert.ok(asItIs.anomalies < 12, `${asItIs.anomalies} of 120 rows`);
  for (const keep of [["--column", "at=timestamp"], ["--columns", "a,b,c,d,at"]]) {
    const kept = await flaggedLater(...keep);
    assert.doesNotMatch(kept.stderr, /is not trained on/);
    assert.ok(kept.anomalies > 60, `${kept.anomalies} of 120 rows`);
  }
  const { stderr } = await elbow(["score", model, from(12 * 3600e3)]);
  assert.match(stderr, /so many are seldom all anomalies: elbow drift/);
});

Deno.test("a declared kind that does not fit its column is refused, or said; one that fits is not argued with", async () => {
  using folder = new Folder();
  const cell = (r: number) =>
    `${["S", "M", "L", "XL"][r % 4]},2024-0${1 + r % 9}-11,${"ab"[r % 2]}`;
  const rows = tableCsv(60).trimEnd().split("\n").map((row, r) =>
    `${row},${r === 0 ? "size,day,side" : cell(r)}`
  );
  const data = folder.write("t.csv", rows.join("\n") + "\n"), out = folder.at("m.safetensors");
  const train = async (...columns: string[]) =>
    await elbow([
      "train",
      data,
      "--out",
      out,
      ...QUICK,
      ...columns.flatMap((c) => ["--column", c]),
    ]);
  const refusal = await train("size=binary");
  assert.equal(refusal.status, 2);
  assert.match(
    refusal.stderr,
    /column "size": expected at most two levels of a binary column, got 4, such as "L", "M", "S": give its two levels, or declare the column categorical with --column size=categorical/,
  );
  assert.equal((await train("size=binary:S|M|L")).status, 2);
  const { status, stderr } = await train("size=ordinal", "day=categorical", "side=binary");
  assert.equal(status, 0, stderr);
  assert.match(
    stderr,
    /column "size" is ordered by the alphabet, L < M < S < …: give its levels if their order is another \(--column "size=ordinal:FIRST\|NEXT\|…"\)/,
  );
  assert.doesNotMatch(stderr, /looks like dates/);
  assert.match(await elbowOk("inspect", out), /^ +size +.* \(ordinal, L < M < S < XL\)$/m);
  for (const side of ["side=ordinal", "size=ordinal:S|M|L|XL"]) {
    assert.doesNotMatch((await train(side)).stderr, /ordered by the alphabet/);
  }
});

Deno.test("what is said to keep a column of times keeps it", async () => {
  using folder = new Folder();
  const day = (r: number) => new Date(1.7e12 + 86_400e3 * r).toISOString().slice(0, 10);
  const cells: readonly (readonly [string, (row: number) => string])[] = [
    ["timestamp:ymd", (r) => day(r).replaceAll("-", "")],
    ["timestamp", (r) => `${1.7e12 + 3600e3 * r}`],
    ["timestamp:dmy", (r) => day(r).split("-").reverse().join(".")],
    ["timestamp", (r) => day(r)],
    ["numeric", (r) => `${r + 7}`],
  ];
  for (const [kind, cell] of cells) {
    const data = folder.write("t.csv", withColumn(tableCsv(120), "time", cell));
    const train = ["train", data, "--out", folder.at("m"), "--window", "4"];
    const { stderr } = await elbow(train);
    const [, said] = /"time" is not trained on: .*; --column (\S+) keeps it/.exec(stderr)!;
    assert.equal(said, `time=${kind}`);
    const kept = await elbow([...train, "--column", said]);
    assert.equal(kept.status, 0, kept.stderr);
    assert.doesNotMatch(kept.stderr, /is not trained on/);
  }
});

Deno.test("where single cells break the kinds of several columns, train says how to rule their like out", async () => {
  using folder = new Folder();
  const rows = Array.from(
    { length: 60 },
    (_, r) => [r === 9 ? 2 : r % 2, r === 40 ? -1 : 3 * r % 7],
  );
  const table = folder.write("t.csv", ["n,m", ...rows.map((row) => row.join(","))].join("\n"));
  const model = folder.at("m"), train = ["train", table, "--out", model, ...QUICK];
  const { stderr } = await elbow(train);
  assert.ok(
    stderr.includes(
      'elbow: columns "n", "m" each have one cell that the kind of all others rules out, so new rows may too: inferred kinds rule nothing out, only declared ones (--column NAME=KIND)\n',
    ),
    stderr,
  );
  const declared = await elbow([...train, "--column", "n=binary:0|1", "--column", "m=count"]);
  assert.ok(!declared.stderr.includes("rule nothing out"), declared.stderr);
  assert.match(declared.stderr, /column "m": 1 of 60 cells are not whole numbers from 0/);
});
