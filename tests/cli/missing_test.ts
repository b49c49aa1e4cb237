/**
 * `--missing`: texts and numbers that stand for missing values. Oracle: the same table with these cells empty, which is
 * trained and scored alike.
 */
import assert from "node:assert/strict";
import { Detector, TableScorer } from "../../mod.ts";
import { elbow, elbowOk, Folder, QUICK, refused } from "./util.ts";

const NAMES = ["size", "price", "town"];
const TOWNS = ["Bern", "Basel", "Chur"];

/** Cells as people write them: some are a word, some -999, in every column; undefined is no cell at all. */
function cellsOf(r: number, gap: (word: string) => string): string[] {
  const number = (value: number) =>
    r % 11 === 4 ? gap("ERROR") : r % 13 === 5 ? gap("-999") : `${value}`;
  return [
    number(1 + r * 7 % 19),
    r % 17 === 3 ? gap("-999.0") : number((r * 31 % 97) / 4),
    r % 7 === 2 ? gap("n/k") : TOWNS[r * r % 3],
  ];
}

const asWritten = (r: number) => cellsOf(r, (word) => word);
const asEmpty = (r: number) => cellsOf(r, () => "");

const rowsOf = (cells: (r: number) => string[]) => Array.from({ length: 240 }, (_, r) => cells(r));

const csv = (rows: string[][]) => [NAMES, ...rows].map((row) => `${row.join()}\n`).join("");
/** Semicolons, decimal commas. */
const european = (rows: string[][]) =>
  [NAMES, ...rows].map((row) => `${row.join(";").replaceAll(".", ",")}\n`).join("");
const json = (rows: string[][]) =>
  rows.map((row) => {
    const cells = row.map((cell) => cell === "" ? null : Number.isNaN(Number(cell)) ? cell : +cell);
    return `${JSON.stringify(Object.fromEntries(NAMES.map((name, c) => [name, cells[c]])))}\n`;
  }).join("");

const MISSING = ["--missing", "ERROR,n/k,-999"];

Deno.test("cells named by --missing train and score as empty ones, in CSV with either decimal mark and in JSON", async () => {
  using folder = new Folder();
  const formats = [["csv", csv], ["csv", european], ["jsonl", json]] as const;
  for (const [ending, format] of formats) {
    for (const more of [[], ["--max-rows", "150"], ["--column", "size=count"]]) {
      const written = folder.write(`written.${ending}`, format(rowsOf(asWritten)));
      const empty = folder.write(`empty.${ending}`, format(rowsOf(asEmpty)));
      const model = folder.at("model"), want = folder.at("want");
      await elbowOk("train", written, "--out", model, ...QUICK, ...MISSING, ...more);
      await elbowOk("train", empty, "--out", want, ...QUICK, ...more);
      const scores = await elbowOk("score", want, empty);
      assert.equal(await elbowOk("score", model, written), scores, format.name);
      assert.equal(await elbowOk("score", model, empty), scores, "empty cells are still missing");
      const columns = JSON.parse(await elbowOk("inspect", model, "--json")).columns;
      const kinds = JSON.parse(await elbowOk("inspect", want, "--json")).columns;
      for (const [c, column] of columns.entries()) {
        assert.deepEqual(column, { ...kinds[c], missing: ["ERROR", "n/k", "-999"] });
      }
    }
  }
});

Deno.test("report, drift, recalibrate and update take cells named by --missing as empty ones", async () => {
  using folder = new Folder();
  const written = folder.write("written.csv", csv(rowsOf(asWritten)));
  const empty = folder.write("empty.csv", csv(rowsOf(asEmpty)));
  const report = (path: string, ...more: string[]) => elbowOk("report", path, "--json", ...more);
  assert.deepEqual(
    { ...JSON.parse(await report(written, ...MISSING)), data: "" },
    { ...JSON.parse(await report(empty)), data: "" },
  );
  const model = folder.at("model");
  await elbowOk("train", written, "--out", model, ...QUICK, ...MISSING);
  assert.match(await elbowOk("inspect", model), /^ {2}Missing if +ERROR, n\/k, -999$/m);
  for (const verb of ["drift", "recalibrate", "update"]) {
    const out = verb === "drift" ? [] : ["--out", folder.at("next")];
    const said = async (path: string) =>
      (await elbowOk(verb, model, path, ...out, "--json")).replaceAll(path, "");
    assert.equal(await said(written), await said(empty), verb);
  }
});

Deno.test("Detector.fit() takes missing, keeps it in its file, and reads rows of programs by it", async () => {
  const named = (cells: (r: number) => string[]) =>
    rowsOf(cells).map((row) => {
      const [size, price, town] = row.map((cell) =>
        cell === "" ? null : Number.isNaN(Number(cell)) ? cell : +cell
      );
      return { size, price, town };
    });
  const options = { preset: "small", epochs: 3, hidden: [8], latent: 2 } as const;
  const missing = ["ERROR", " n/k ", "-999"];
  const want = await Detector.fit(named(asEmpty), options);
  const got = await Detector.fit(named(asWritten), { ...options, missing });
  const scores = await want.score(named(asEmpty));
  assert.deepEqual(await got.score(named(asWritten)), scores);
  const loaded = await TableScorer.load(got.save());
  assert.deepEqual((await loaded.score(named(asWritten))).map(({ score }) => score), [
    ...(await loaded.score(named(asEmpty))).map(({ score }) => score),
  ]);
  // The schema of a model declares the columns of the next one, gaps included.
  const next = await Detector.fit(named(asWritten), { ...options, schema: got.schema });
  assert.deepEqual(next.schema, got.schema);
  // A file says once what all columns share, and by column what they do not.
  const words = Array.from({ length: 1000 }, (_, i) => `word ${i}`);
  const many = await Detector.fit(named(asEmpty), { ...options, missing: words });
  const grown = many.save().length - want.save().length;
  assert.ok(grown < 1.5 * JSON.stringify(words).length, `${grown} bytes`);
  for (const [c, each] of next.schema.entries()) {
    const schema = next.schema.map((column, i) => i === c ? { ...column, missing: words } : column);
    const own = await Detector.fit(named(asEmpty), { ...options, schema });
    assert.deepEqual((await TableScorer.load(own.save())).schema, own.schema, each.name);
    assert.deepEqual(own.schema[c].missing, words);
    own.dispose();
  }
  assert.deepEqual((await TableScorer.load(many.save())).schema, many.schema);
  many.dispose();
  const twice = await Detector.fit(named(asWritten), {
    ...options,
    missing: [...missing, " n/k "],
  });
  assert.deepEqual(await (await TableScorer.load(twice.save())).score(named(asEmpty)), scores);
  await assert.rejects(
    Detector.fit(named(asEmpty), {
      ...options,
      missing: Array.from({ length: 5000 }, (_, i) => `${i}`),
    }),
    /^RangeError: Cannot read missing: must be at most 4096, got 5000$/,
  );
  await assert.rejects(
    Detector.fit(named(asEmpty), { ...options, missing: [-999] as unknown as string[] }),
    /^TypeError: Cannot read missing: expected a list of texts, got \[-999\]$/,
  );
});

Deno.test("a refusal of words among numbers says how to list them, and a sentinel's warning does too", async () => {
  using folder = new Folder();
  const table = (words: string[]) =>
    folder.write("t.csv", `x\n${Array.from({ length: 60 }, (_, r) => words[r] ?? r).join("\n")}\n`);
  const of = (words: string[]) => refused("report", table(words));
  assert.match(
    await of(["ERROR", "UNKNOWN", "ERROR"]),
    /\(if "ERROR" and "UNKNOWN" stand for missing values, list them as missing with --missing ERROR,UNKNOWN, or declare the column categorical with --column x=categorical\), got "ERROR"/,
  );
  assert.match(
    await of(["not known", "not known"]),
    /list it as missing with --missing "not known"/,
  );
  assert.match(await of(["isn't", "isn't"]), /with --missing "isn't", or/);
  // One word once, or many words, may be anything.
  assert.match(await of(["1", "two"]), /\(leave the cell empty if it is missing, or declare/);
  assert.match(await of(["A 1", "A 2", "A 3", "A 4", "A 4"]), /\(leave the cell empty if/);
  const { stderr } = await elbow(["report", table(["-999", "-999"])]);
  assert.match(stderr, /leave those cells empty \(or list it: --missing=-999\)/);
  const apart = Array.from(
    { length: 60 },
    (_, r) => `${r < 3 ? -200 : r},${r < 6 ? -200 : r},${r}`,
  );
  const both = await elbow(["report", folder.write("t.csv", `x,y,z\n${apart.join("\n")}\n`)]);
  assert.match(
    both.stderr,
    /columns "x", "y" are -200 in 5 to 10 % of the rows, far from all their other values: .* \(or list it: --missing=-200\)\n/,
  );
});

Deno.test("all columns with a text among numbers are refused at once, and their words listed together", async () => {
  using folder = new Folder();
  const words: Record<string, string> = { "3.a": "ERROR", "5.a": "ERROR", "7.b": "UNKNOWN" };
  const table = (columns: string[], texts: Record<string, string>) => {
    const line = (r: number) => columns.map((name) => texts[`${r}.${name}`] ?? `${r}`).join();
    const rows = Array.from({ length: 60 }, (_, r) => line(r + 1));
    return folder.write("t.csv", `${columns}\n${rows.join("\n")}\n`);
  };
  const three = { ...words, "8.b": "UNKNOWN", "9.c": "120/80", "10.c": "120/80" };
  assert.match(
    await refused("report", table(["a", "b", "c"], three)),
    /row 3 \(line 4\), column "a": expected a number, .*\(if "ERROR" and "UNKNOWN" stand for missing values, list them as missing with --missing ERROR,UNKNOWN, or declare the column categorical with --column a=categorical\), got "ERROR"; also at fault: column "b" \("UNKNOWN" in row 7\) and column "c" \("120\/80" in row 9\)$/m,
  );
  const names = Array.from({ length: 15 }, (_, c) => `x${c}`);
  const all = Object.fromEntries(names.map((name) => [`2.${name}`, "high"]));
  const many = await refused("report", table(names, all));
  assert.match(
    many,
    /got "high"; also at fault: column "x1" .*, column "x9" \("high" in row 2\) and 5 more$/m,
  );
  // Per cent signs in some cells only are a fault of their own.
  const rates = Object.fromEntries(
    names.slice(0, 1).flatMap(() =>
      Array.from({ length: 60 }, (_, r) => [`${r + 1}.b`, r % 2 ? `${r}.5 %` : `${r}.5`])
    ),
  );
  assert.match(
    await refused("report", table(["a", "b"], { ...words, ...rates })),
    /got "ERROR"; also at fault: column "b" \("1.5 %" in row 2 and "0.5" in row 1\)$/m,
  );
});
