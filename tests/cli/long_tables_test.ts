/**
 * `elbow recalibrate`, `update`, `drift` and `evaluate` with tables longer than their limit, and in every format.
 * Oracles: the command on a file of the rows that are drawn, and the library on the table in memory.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { encodeNpy, readTable } from "../../src/formats/mod.ts";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";
import { readSample } from "../formats/in_pieces.ts";

const CSV = tableCsv(3000);
const FEW = ["--max-rows", "400"];

/** Standard input in pieces of some size, which must not be read whole. */
const stdinOf = (bytes: Uint8Array, size: number) => ({
  stdin: () => Promise.reject(new Error("standard input was taken whole")),
  async *stdinPieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  },
});

const utf8 = (text: string) => new TextEncoder().encode(text);

/** The same rows in other formats. */
function inFormats(csv: string): Record<string, Uint8Array> {
  const { data, rows, columns } = readTable("t.csv", utf8(csv)), width = columns.length;
  const lines = Array.from(
    { length: rows },
    (_, r) =>
      JSON.stringify(
        Object.fromEntries(columns.map((name, c) => [name, data[r * width + c]])),
      ),
  );
  const quoted = csv.split("\n").map((line, r) =>
    r === 0 || r % 700 > 0 ? line : `"${line.replaceAll(",", '","')}"`
  );
  return {
    "t.csv": utf8(csv),
    "quoted.csv": utf8(quoted.join("\n")),
    "crlf.csv": utf8(csv.replaceAll("\n", "\r\n")),
    "comma.csv": utf8(csv.replaceAll(",", ";").replaceAll(".", ",")),
    "t.tsv": utf8(csv.replaceAll(",", "\t")),
    "t.jsonl": utf8(lines.join("\n")),
    "t.json": utf8(`[${lines.join(",\n")}]`),
    "t.npy": encodeNpy(data, [rows, width]),
  };
}

for (const verb of ["recalibrate", "update"] as const) {
  const more = verb === "update" ? ["--epochs", "1"] : [];

  Deno.test(`elbow ${verb} writes the library's model, whatever the format and the pieces`, async () => {
    using folder = new Folder();
    const model = folder.at("m"), out = folder.at("o");
    await elbowOk("train", folder.write("train.csv", tableCsv(200)), "--out", model, ...QUICK);
    const detector = await Detector.load(Deno.readFileSync(model));
    const table = readTable("t.csv", utf8(CSV));
    if (verb === "update") await detector.partialFit(table, { epochs: 1 });
    else detector.recalibrate(table);
    for (const [name, bytes] of Object.entries(inFormats(CSV))) {
      await elbowOk(verb, model, folder.write(name, bytes), "--out", out, ...more);
      assert.deepEqual(Deno.readFileSync(out), detector.save(), name);
      if (name.endsWith(".tsv") || name.endsWith(".json")) continue;
      for (const size of [61, 5000]) {
        const { status, stderr } = await elbow(
          [verb, model, "-", "--out", out, ...more],
          stdinOf(bytes, size),
        );
        assert.equal(status, 0, stderr);
        assert.deepEqual(Deno.readFileSync(out), detector.save(), `${name} in pieces of ${size}`);
      }
    }
    detector.dispose();
  });

  Deno.test(`elbow ${verb} takes a sample of a longer table, and says how many rows it has`, async () => {
    using folder = new Folder();
    const model = folder.at("m"), out = folder.at("o"), data = folder.write("t.csv", CSV);
    await elbowOk("train", folder.write("train.csv", tableCsv(200)), "--out", model, ...QUICK);
    const run = async (path: string, ...given: string[]) =>
      JSON.parse(await elbowOk(verb, model, path, "--out", out, "--json", ...more, ...given));
    for (const seed of [0, 5]) {
      const drawn = await readSample("t.csv", new Blob([CSV]).stream(), {}, {
        maxRows: () => 400,
        seed,
      });
      const lines = CSV.split("\n");
      const kept = [lines[0], ...[...drawn.drawn!.numbers].map((row) => lines[row])];
      const alone = await run(folder.write("kept.csv", kept.join("\n")), "--seed", `${seed}`);
      const got = await run(data, ...FEW, "--seed", `${seed}`);
      const { tableRows, drawnRows, ...rest } = got;
      assert.deepEqual([tableRows, drawnRows], [3000, 400]);
      assert.deepEqual({ ...rest, data: "", bytes: 0 }, { ...alone, data: "", bytes: 0 });
    }
    const { stderr, stdout } = await elbow([verb, model, data, "--out", out, ...more, ...FEW]);
    const purpose = verb === "update" ? "train and calibrate" : "calibrate";
    const said = `400 of 3000 rows ${purpose}, a random sample`;
    assert.ok(stderr.includes(`elbow: ${said} (--max-rows)\n`), stderr);
    if (verb === "recalibrate") {
      assert.match(stdout, /^Calibrated on +.*t\.csv \(400 of 3,000 rows\)$/m);
      assert.match(stdout, /^Flagged before +\d+ of 400 rows;/m);
    }
    assert.ok((await elbowOk("inspect", out)).includes(said));
    // The next calibration is on other rows.
    const again = await elbow(["recalibrate", out, data, "--out", folder.at("again")]);
    assert.doesNotMatch(again.stderr, /a random sample/);
    assert.doesNotMatch(await elbowOk("inspect", folder.at("again")), /a random sample/);
  });

  Deno.test(`elbow ${verb} refuses an unreadable cell by its place, in sampled and other rows, and writes nothing`, async () => {
    using folder = new Folder();
    const model = folder.at("m"), out = folder.at("o"), lines = CSV.trimEnd().split("\n");
    await elbowOk("train", folder.write("train.csv", tableCsv(200)), "--out", model, ...QUICK);
    // Row 2000 is on line 2001.
    const withCell = (cell: string) =>
      folder.write("bad.csv", lines.with(2000, lines[2000].replace(/^[^,]*/, cell)).join("\n"));
    for (const given of [[], FEW, [...FEW, "--seed", "9"]]) {
      const told = (path: string) => refused(verb, model, path, "--out", out, ...more, ...given);
      assert.match(await told(withCell("much")), /row 2000 \(line 2001\), column "a": .*"much"/);
      assert.match(
        await told(withCell("1e200")),
        /row 2000.*column "a": .*magnitude at most 1e/,
      );
      assert.match(await told(withCell("1,2")), /row 2000 \(line 2001\).*4 cells.*5/);
      assert.match(await told(folder.write("none.csv", "")), /an empty file/);
      assert.match(await told(folder.write("head.csv", "a,b,c,d\n")), /a header line only/);
      assert.match(await told(folder.write("blank.csv", lines.with(2000, "").join("\n"))), /blank/);
      assert.match(
        await told(folder.write("other.csv", CSV.replace("a,b", "a,x"))),
        /expected the model's column "b"/,
      );
      const cut = inFormats(CSV)["t.npy"].subarray(0, -5);
      assert.match(await told(folder.write("cut.npy", cut)), /cut\.npy/);
    }
    assert.throws(() => Deno.statSync(out), Deno.errors.NotFound);
  });
}

Deno.test("elbow update names a row of a longer table by its number in the file", async () => {
  using folder = new Folder();
  const model = folder.at("m"), lines = CSV.trimEnd().split("\n");
  await elbowOk("train", folder.write("train.csv", tableCsv(200)), "--out", model, ...QUICK);
  const far = lines.with(2000, lines[2000].replace(/^[^,]*/, "1e30")).join("\n");
  // Nearly all rows are kept; with one of these seeds, that one is.
  const said = await Promise.all(["1", "2"].map((seed) => {
    const sample = ["--max-rows", "2900", "--seed", seed];
    return elbow([
      "update",
      model,
      folder.write("far.csv", far),
      "--out",
      folder.at("o"),
      ...sample,
    ]);
  }));
  const refusals = said.filter(({ status }) => status === 2);
  assert.ok(refusals.length > 0);
  for (const { stderr } of refusals) {
    assert.match(stderr, /far\.csv, row 2000 \(line 2001\), column "a": expected a value in scale/);
  }
});

Deno.test("elbow recalibrate counts flags among the rows that it scores, not among those that calibrate", async () => {
  using folder = new Folder();
  const model = folder.at("m"), data = folder.write("t.csv", tableCsv(12_000));
  await elbowOk("train", folder.write("train.csv", tableCsv(200)), "--out", model, ...QUICK);
  const asked = ["recalibrate", model, data, "--out", folder.at("o")];
  const { rows, scored } = JSON.parse(await elbowOk(...asked, "--json"));
  assert.deepEqual([rows, scored], [10_000, 12_000]);
  const told = await elbowOk(...asked);
  assert.match(told, /^Calibrated on +.* \(10,000 of 12,000 rows\)$/m);
  assert.match(told, /^Flagged before +[\d,]+ of 12,000 rows;/m);
});

Deno.test("elbow drift reports what the library reports, whatever the format and the pieces, and draws only medians", async () => {
  using folder = new Folder();
  const model = folder.at("m");
  await elbowOk("train", folder.write("train.csv", tableCsv(200)), "--out", model, ...QUICK);
  const detector = await Detector.load(Deno.readFileSync(model));
  const reportOf = (given = {}) =>
    JSON.parse(JSON.stringify(detector.drift(readTable("t.csv", utf8(CSV)), given)));
  const asked = (data: string) => ["drift", model, data, "--json"];
  const parsed = (stdout: string) => {
    const { model: _, data: __, ...got } = JSON.parse(stdout);
    return got;
  };
  const whole = reportOf();
  for (const [name, bytes] of Object.entries(inFormats(CSV))) {
    assert.deepEqual(parsed(await elbowOk(...asked(folder.write(name, bytes)))), whole, name);
    if (name.endsWith(".tsv") || name.endsWith(".json")) continue;
    const { status, stdout, stderr } = await elbow(asked("-"), stdinOf(bytes, 61));
    assert.equal(status, 0, stderr);
    assert.deepEqual(parsed(stdout), whole, name);
  }
  const { stdout, stderr } = await elbow([...asked(folder.at("t.csv")), ...FEW, "--seed", "4"]);
  assert.deepEqual(parsed(stdout), reportOf({ maxRows: 400, seed: 4 }));
  assert.deepEqual(
    parsed(stdout).columns.map(({ medians: _, ...rest }: { medians: unknown }) => rest),
    whole.columns.map(({ medians: _, ...rest }: { medians: unknown }) => rest),
  );
  assert.match(
    stderr,
    /elbow: medians are those of 400 of 3000 rows, a random sample \(--max-rows\)\n/,
  );
  detector.dispose();
});

Deno.test("elbow drift refuses a bad row with nothing written", async () => {
  using folder = new Folder();
  const model = folder.at("m"), lines = CSV.trimEnd().split("\n");
  await elbowOk("train", folder.write("train.csv", tableCsv(200)), "--out", model, ...QUICK);
  const bad = folder.write("bad.csv", lines.with(2000, "much,1,2,3").join("\n"));
  assert.match(await refused("drift", model, bad), /row 2000 \(line 2001\), column "a": .*"much"/);
});

const LABELLED = tableCsv(3000, { anomalies: 60, label: true });

/** A file of the header and some rows, counted from 1. */
function withRows(folder: Folder, csv: string, rows: Iterable<number>): string {
  const lines = csv.split("\n");
  return folder.write("kept.csv", [lines[0], ...Array.from(rows, (row) => lines[row])].join("\n"));
}

async function sampledRows(csv: string): Promise<Iterable<number>> {
  const sample = { maxRows: () => 400 };
  return (await readSample("t.csv", new Blob([csv]).stream(), { cells: "any" }, sample)).drawn!
    .numbers;
}

Deno.test("elbow evaluate takes means over sampled rows, and ranks all rows against the label", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", LABELLED), rows = await sampledRows(LABELLED);
  const bare = '{ "latent": [{ "size": 2 }] }', train = folder.write("train.csv", tableCsv(200));
  for (
    const given of [QUICK, ["--members", "1", "--epochs", "1"], ["--spec", bare, "--epochs", "2"]]
  ) {
    const model = folder.at("m");
    await elbowOk("train", train, "--out", model, ...given);
    const evaluated = async (path: string, stand = {}, ...more: string[]) => {
      const asked = ["evaluate", model, path, "--label", "kind", "--samples", "3", "--json"];
      const { status, stdout, stderr } = await elbow([...asked, "--baselines", ...more], stand);
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout);
    };
    const whole = await evaluated(data), alone = await evaluated(withRows(folder, LABELLED, rows));
    assert.equal(whole.drawnRows, undefined);
    const pieces = stdinOf(utf8(LABELLED), 61);
    for (const got of [await evaluated(data, {}, ...FEW), await evaluated("-", pieces, ...FEW)]) {
      const { data: _, rows: all, drawnRows, label, baselines, ...means } = got;
      assert.deepEqual([all, drawnRows, label], [3000, 400, whole.label]);
      const { data: __, rows: ___, label: sampled, baselines: others, ...expected } = alone;
      assert.deepEqual(means, expected);
      assert.deepEqual(baselines.methods, others.methods);
      const { auroc, averagePrecision } = sampled;
      assert.deepEqual(baselines.model, { auroc, averagePrecision });
    }
    const text = await elbowOk("evaluate", model, data, "--label", "kind", ...FEW);
    assert.match(text, /table, mean over 400 of the rows$/m);
    assert.match(text, /^Against the label \(anomalies: 60\), over 3,000 rows$/m);
  }
});

Deno.test("elbow evaluate takes the last rows of a series, and sampled rows for a Boltzmann machine", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", LABELLED), model = folder.at("m");
  const evaluated = async (path: string, ...more: string[]) =>
    JSON.parse(
      await elbowOk(
        "evaluate",
        model,
        path,
        "--label",
        "kind",
        "--samples",
        "2",
        "--json",
        ...more,
      ),
    );
  const { data: _, rows: __, ...expected } = await (async () => {
    await elbowOk(
      "train",
      folder.write("train.csv", tableCsv(200)),
      "--window",
      "4",
      "--out",
      model,
    );
    const last = Array.from({ length: 400 }, (_, r) => 2601 + r);
    return await evaluated(withRows(folder, LABELLED, last));
  })();
  const { data: ___, rows, drawnRows, ...got } = await evaluated(data, ...FEW);
  assert.deepEqual([rows, drawnRows, got], [3000, 400, expected]);
  const text = await elbowOk("evaluate", model, data, "--label", "kind", "--samples", "2", ...FEW);
  assert.match(text, /mean over the windows of the last 400 rows$/m);
  assert.match(text, /^Against the label .* over 400 rows$/m);

  const lines = LABELLED.trimEnd().split("\n");
  const binary = lines.map((line, r) =>
    r === 0 ? line : line.replaceAll(/-?[\d.]+(?:e-\d+)?/g, (cell) => Number(cell) > 0 ? "1" : "0")
  );
  const bits = folder.write("bits.csv", binary.join("\n"));
  const rbm = ["--spec", '{ "type": "rbm", "hidden": 2 }', "--epochs", "1"];
  await elbowOk("train", bits, "--label", "kind", "--out", model, ...rbm);
  const sampled = await sampledRows(binary.join("\n"));
  const alone = await evaluated(withRows(folder, binary.join("\n"), sampled));
  const long = await evaluated(bits, ...FEW);
  assert.deepEqual({ ...long, data: "", rows: 400, drawnRows: 0 }, {
    ...alone,
    data: "",
    drawnRows: 0,
  });
  assert.deepEqual([long.rows, long.drawnRows], [3000, 400]);
});

Deno.test("a full disk is reported with the name of the file", async () => {
  using folder = new Folder();
  const model = folder.at("m"), data = folder.write("t.csv", tableCsv(200));
  await elbowOk("train", data, "--out", model, ...QUICK);
  for (const [verb, ...more] of [["score"], ["recalibrate"], ["update", "--epochs", "1"]]) {
    const asked = [verb, model, data, "--out", "/dev/full", ...more];
    const { status, stderr } = await elbow(asked);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /elbow: Cannot write \/dev\/full: no space is left on its disk\n$/);
  }
});
