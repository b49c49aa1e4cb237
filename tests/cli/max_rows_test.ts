/**
 * `elbow train` with tables longer than its limit of rows. Oracles: the same table in memory, and the command on a file
 * of only those rows.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { readTable } from "../../src/formats/mod.ts";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";
import { gzipped } from "../util/gzip.ts";

const CSV = tableCsv(3000, { anomalies: 60, label: true });
const FEW = ["--max-rows", "400"];

/** Standard input in pieces of some size. */
const stdinOf = (text: string, size: number) => ({
  async *stdinPieces() {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  },
});

Deno.test("a table within the limit trains as it does in memory", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(150)), out = folder.at("m");
  const table = readTable(data, Deno.readFileSync(data), { cells: "any" });
  const detector = await Detector.fit(table, { epochs: 2 });
  for (const more of [[], ["--max-rows", "150"]]) {
    await elbowOk("train", data, "--out", out, "--epochs", "2", ...more);
    assert.deepEqual(Deno.readFileSync(out), detector.save());
  }
  detector.dispose();
});

Deno.test("a longer table trains on the same sample, however it is read, and the number is reported", async () => {
  using folder = new Folder();
  const file = folder.write("t.csv", CSV), gz = folder.write("t.csv.gz", await gzipped(CSV));
  const out = folder.at("m"), args = ["--label", "kind", "--out", out, ...QUICK, ...FEW];
  const { stderr, stdout } = await elbow(["train", file, ...args]);
  assert.match(
    stderr,
    /400 of 3000 rows train and calibrate, a random sample \(--max-rows\)/,
  );
  assert.match(stdout, /t\.csv \(400 of 3,000 rows, 4 columns, label kept out\)/);
  assert.match(stdout, /Against the label .*, over rows drawn, including those trained on/);
  const model = Deno.readFileSync(out);
  const trainAgain = async (path: string, stand = {}, ...more: string[]) => {
    const { status, stderr: said, stdout: json } = await elbow(
      ["train", path, "--json", ...args, ...more],
      stand,
    );
    assert.equal(status, 0, said);
    return JSON.parse(json);
  };
  for (const [path, stand] of [[gz, {}], ["-", stdinOf(CSV, 37)], ["-", stdinOf(CSV, 5000)]]) {
    const { rows, drawnRows, trainingRows, calibrationRows } = await trainAgain(`${path}`, stand);
    assert.deepEqual([rows, drawnRows, trainingRows + calibrationRows], [3000, 400, 400]);
    assert.deepEqual(Deno.readFileSync(out), model);
  }
  await trainAgain(file, {}, "--seed", "7");
  assert.notDeepEqual(Deno.readFileSync(out), model);
  assert.match(await elbowOk("inspect", out), /400 of 3000 rows train/);
});

Deno.test("the report tells the number of rows that train: 48,000 in a narrow ensemble, without the strangest if robust", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(52_000)), out = folder.at("m");
  const train = (...more: string[]) =>
    elbowOk("train", data, "--out", out, "--members", "1", "--epochs", "1", ...more);
  assert.match(await train(), /^Trained on +48,000 of 50,000 rows, and 2,000 more to calibrate$/m);
  const { trainingRows } = JSON.parse(await train("--robust", "0.2", "--json"));
  assert.equal(trainingRows, 0.8 * 24_000);
});

Deno.test("rows left out for a cell far out are not among those that the report says have trained", async () => {
  using folder = new Folder();
  const [header, ...lines] = tableCsv(400).trimEnd().split("\n");
  const far = lines.map((line, r) => r % 40 === 0 ? line.replace(/^[^,]*/, `${r + 1}e30`) : line);
  const data = folder.write("t.csv", [header, ...far].join("\n"));
  const args = ["--members", "1", "--epochs", "1", "--json", "--out", folder.at("m")];
  const { trainingRows, calibrationRows, warnings } = JSON.parse(
    await elbowOk("train", data, ...args),
  );
  const [, left] = /: (\d+) of \d+ training rows lie more than a million/.exec(warnings.join())!;
  assert.ok(Number(left) > 0);
  assert.equal(trainingRows, 400 - calibrationRows - Number(left));
});

Deno.test("a series trains on its last steps", async () => {
  using folder = new Folder();
  const [header, ...lines] = tableCsv(900).trimEnd().split("\n");
  const all = folder.write("all.csv", [header, ...lines].join("\n"));
  const last = folder.write("last.csv", [header, ...lines.slice(-400)].join("\n"));
  const train = async (path: string, ...more: string[]) =>
    JSON.parse(
      await elbowOk("train", path, "--window", "5", "--out", folder.at("m"), "--json", ...more),
    );
  const [long, short] = [await train(all, ...FEW), await train(last)];
  assert.equal(long.threshold, short.threshold);
  assert.deepEqual(long.history, short.history);
  assert.deepEqual(long.warnings[0], "400 of 900 rows train and calibrate, the last ones");
});

Deno.test("of machines one below the other each trains on its last steps, and the report says so", async () => {
  using folder = new Folder();
  const [header, ...lines] = tableCsv(900).trimEnd().split("\n");
  const names = ["a", "b", "c"],
    of = (name: string, rows: string[]) => rows.map((row) => `${name},${row}`);
  const parts = names.map((name, i) => of(name, lines.slice(300 * i, 300 * (i + 1))));
  const write = (name: string, rows: string[]) =>
    folder.write(name, [`unit,${header}`, ...rows].join("\n"));
  const all = write("all.csv", parts.flat());
  const last = write("last.csv", parts.flatMap((rows) => rows.slice(-130)));
  const train = async (path: string, ...more: string[]) =>
    JSON.parse(
      await elbowOk(
        ...["train", path, "--window", "5", "--by", "unit", "--out", folder.at("m"), "--json"],
        ...more,
      ),
    );
  const [long, short] = [await train(all, "--max-rows", "390"), await train(last)];
  assert.equal(long.threshold, short.threshold);
  assert.deepEqual(long.history, short.history);
  assert.equal(
    long.warnings[0],
    '390 of 900 rows train and calibrate, the last ones of each series by column "unit"',
  );
  for (const command of ["update", "recalibrate"]) {
    const figures = async (path: string, ...more: string[]) =>
      JSON.parse(
        await elbowOk(command, folder.at("m"), path, "--out", folder.at("n"), "--json", ...more),
      ).thresholds;
    assert.deepEqual(await figures(all, "--max-rows", "390"), await figures(last), command);
  }
});

Deno.test("models by a specification have the same limit of rows", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", CSV), columns = ["--columns", "c,a"];
  const spec = '{ "latent": [{ "size": 1 }] }', em = '{ "type": "ppca", "latent": 1 }';
  for (const stated of [spec, em]) {
    const args = ["--spec", stated, "--out", folder.at("m"), "--epochs", "2", ...FEW, ...columns];
    const { rows, drawnRows, columns: named } = JSON.parse(
      await elbowOk("train", data, "--json", ...args),
    );
    assert.deepEqual([rows, drawnRows, named], [3000, 400, ["c", "a"]]);
    assert.match(await elbowOk("train", data, ...args), /\(400 of 3,000 rows, 2 columns\)/);
  }
  const lines = CSV.split("\n");
  const wide = folder.write(
    "wide.csv",
    lines.with(2000, lines[2000].replace(/^[^,]*/, "1e39")).join("\n"),
  );
  assert.match(
    await refused("train", wide, "--spec", spec, "--out", folder.at("m"), ...columns),
    /wide\.csv, row 2000 \(line 2001\), column "a": expected a finite number/,
  );
});

Deno.test("a cell that cannot be read is refused by its place in the file, even in a row that was not sampled", async () => {
  using folder = new Folder();
  const lines = CSV.trimEnd().split("\n"), out = folder.at("m");
  // Row 2000 is on line 2001.
  const withCell = (cell: string) =>
    lines.with(2000, lines[2000].replace(/^[^,]*/, cell)).join("\n");
  const text = folder.write("text.csv", withCell("much"));
  const train = (path: string, ...more: string[]) =>
    refused("train", path, "--label", "kind", "--out", out, ...QUICK, ...more);
  for (const seed of ["1", "2", "3"]) {
    const said = await train(text, ...FEW, "--seed", seed);
    assert.match(said, /text\.csv, column "a": expected a number, .*, got "much" in row 2000/);
  }
  const declared = await train(text, ...FEW, "--column", "a=numeric");
  assert.match(declared, /text\.csv, .*"much" in row 2000\b/);
  const huge = folder.write("huge.csv", withCell("1e200"));
  assert.match(await train(huge, ...FEW), /huge\.csv, .*column "a".* magnitude at most 1e\+150/);
  const far = folder.write("far.csv", withCell("1e30"));
  // Nearly all rows are kept; with one of these seeds, that one is.
  const said = await Promise.all(
    ["1", "2"].map((seed) =>
      elbow([
        "train",
        far,
        "--label",
        "kind",
        "--out",
        out,
        ...QUICK,
        "--max-rows",
        "2900",
        "--seed",
        seed,
      ])
    ),
  );
  assert.ok(said.some(({ stderr }) => /far\.csv, row 2000 \(line 2001\), column "a"/.test(stderr)));
  assert.match(await refused("train", text, "--out", out, "--max-rows", "0"), /--max-rows/);
  const few = await refused("train", far, "--out", out, "--max-rows", "5", "--label", "kind");
  assert.match(few, /needs at least 10 rows, got 5, drawn from 3000/);
});

Deno.test("report describes as many rows of a longer table as train takes, and says how many", async () => {
  using folder = new Folder();
  const rows = Array.from(
    { length: 900 },
    (_, r) => `${r % 50},${r % 50 / 4},0${1 + r % 9}/0${1 + r % 5}/2024\n`,
  );
  const data = folder.write("t.csv", `a,b,when\n${rows.join("")}`);
  const { stdout, stderr } = await elbow(["report", data, ...FEW]);
  assert.match(stdout, /t\.csv \(400 of 900 rows, 3 columns\)/);
  assert.match(stderr, /declare it timestamp:dmy \(--column when=timestamp:dmy\)/);
  const few = JSON.parse(await elbowOk("report", data, ...FEW, "--json"));
  assert.deepEqual([few.rows, few.drawnRows], [900, 400]);
  const all = JSON.parse(await elbowOk("report", data, "--json", "--column", "when=timestamp:mdy"));
  assert.deepEqual([all.rows, all.drawnRows, all.duplicateRows], [900, undefined, 450]);
  assert.deepEqual(all.columns.map(({ kind }: { kind: string }) => kind), [
    "count",
    "numeric",
    "timestamp",
  ]);
});
