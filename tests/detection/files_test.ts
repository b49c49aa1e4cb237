/** Tables from a File. Oracles: the command line, whose model has the same bytes; the readers of whole files. */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { Detector, TableScorer } from "../../mod.ts";
import { DataError, readRows, readTable } from "../../src/detection/files.ts";
import { encodeNpy } from "../../src/formats/mod.ts";
import { encodeNpz } from "../../src/formats/numpy/npz_encode.ts";
import { elbowOk, Folder } from "../cli/util.ts";
import { gzipped } from "../util/gzip.ts";

const ROWS = Array.from({ length: 120 }, (_, i) => [Math.sin(i), i % 7, Math.cos(3 * i)]);
const LABELS = ROWS.map((_, i) => i % 40 === 0 ? 1 : 0);
const CSV = [
  "north,error,east,y",
  ...ROWS.map(([a, b, c], i) => `${a},${b === 6 ? "-999" : b},${c},${LABELS[i]}`),
].join("\n");

const array = { data: Float64Array.from(ROWS.flat()), shape: [ROWS.length, 3] };
const NPY = encodeNpy(array.data, array.shape);
const column = (c: number) => Float64Array.from(ROWS, (row) => row[c]);
const FILES: Readonly<Record<string, BlobPart>> = {
  "t.npy": NPY,
  "t.npy.gz": await gzipped(NPY),
  "t.npz": new Uint8Array(encodeNpz(new Map([["X", array]]))),
  "t.parquet": parquetWriteBuffer({
    columnData: [0, 1, 2].map((c) => ({ name: `x${c}`, data: column(c), type: "DOUBLE" })),
  }),
  "t.jsonl": ROWS.map((row) => `${JSON.stringify(row)}\n`).join(""),
  "t.json": JSON.stringify(ROWS),
  "t.TSV": ["x0\tx1\tx2", ...ROWS.map((row) => row.join("\t"))].join("\n"),
};

Deno.test("a table and its rows are the same from every kind of file", async () => {
  const detector = await Detector.fit(ROWS, { preset: "small", epochs: 2 });
  for (const [name, content] of Object.entries(FILES)) {
    const file = new File([content], name), table = await readTable(file);
    assert.deepEqual(table.columns, ["x0", "x1", "x2"], name);
    assert.deepEqual(table.data, array.data, name);
    const { data, rows } = await readRows(file, detector);
    assert.deepEqual({ data, rows }, { data: array.data, rows: ROWS.length }, name);
  }
  detector.dispose();
});

Deno.test("a detector fitted to a file has the bytes of elbow train", async () => {
  using folder = new Folder();
  const path = folder.write("t.csv", CSV), out = folder.at("m.safetensors");
  const flags = ["--missing", "-999", "--exclude", "east", "--max-rows", "90", "--seed", "3"];
  await elbowOk("train", path, "--out", out, "--label", "y", "--epochs", "2", ...flags);
  const options = { missing: ["-999"], maxRows: 90, seed: 3 };
  for (const [name, content] of Object.entries({ "t.csv": CSV, "t.csv.gz": await gzipped(CSV) })) {
    const file = new File([content], name);
    const table = await readTable(file, { ...options, label: "y", exclude: ["east"] });
    assert.equal(table.drawn?.rows, 120);
    const detector = await Detector.fit(table, { ...options, epochs: 2 });
    assert.deepEqual(detector.save(), await Deno.readFile(out), name);
    const scorer = await TableScorer.load(detector.save());
    const { label, ...cells } = await readRows(file, scorer, { label: "y" });
    assert.deepEqual([...label!], LABELS);
    assert.equal(scorer.scoreCells(cells).scores.length, 120);
    detector.dispose();
  }
});

Deno.test("declared texts stay texts, and a file without a header has columns by position", async () => {
  const lines = Array.from({ length: 60 }, (_, i) => `0${i % 3},${i}`).join("\n");
  const file = new File([lines], "codes.csv");
  const schema = [{ name: "x0", kind: "categorical" }] as const;
  const table = await readTable(file, { header: false, schema });
  assert.deepEqual([table.columns, table.rows], [["x0", "x1"], 60]);
  assert.deepEqual(table.texts?.[0], ["00", "01", "02"]);
  const detector = await Detector.fit(table, { schema, preset: "small", epochs: 1 });
  assert.equal((await readRows(file, detector, { header: false })).rows, 60);
  detector.dispose();
});

Deno.test("what is no file, no table or no option is refused by name", async () => {
  const refused = async (file: unknown, options: object, message: RegExp) =>
    await assert.rejects(readTable(file as File, options), ({ message: said }) => {
      assert.match(said, message);
      return true;
    });
  const file = new File([CSV], "t.csv"), cut = (await gzipped(CSV)).slice(0, 99);
  await refused("t.csv", {}, /^Cannot read file: expected a File, .* got "t.csv"$/);
  await refused(file, { labels: "y" }, /unknown key "labels"/);
  await refused(file, { header: "no" }, /^Cannot read header: expected true or false/);
  await refused(file, { maxRows: 0 }, /^Cannot read maxRows: /);
  await refused(
    file,
    { label: "z" },
    /^Cannot read t.csv, column "z": expected one of the columns /,
  );
  await refused(new File([CSV], "t.xlsx"), {}, /^Cannot read t.xlsx: .*save the sheet as CSV$/);
  await refused(new File([cut], "t.csv.gz"), {}, /^Cannot read t.csv.gz: expected a complete gzip/);
  await refused(new File([FILES["t.npy"]], "t.npy"), { header: false }, /^Cannot read t.npy: /);
  const detector = await Detector.fit(ROWS, { preset: "small", epochs: 1 });
  await assert.rejects(readRows(file, detector), (error) => error instanceof DataError);
  detector.dispose();
});
