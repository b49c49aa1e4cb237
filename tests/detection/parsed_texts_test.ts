/**
 * Rows whose cells are the texts of a CSV file, as programs get them from a CSV parser. Oracle: the same file, read by
 * the commands' reader; the models must be the same file.
 */
import assert from "node:assert/strict";
import { Detector, type DetectorOptions } from "../../mod.ts";
import { readTable } from "../../src/formats/mod.ts";

Deno.test("fit() trains on a CSV file's texts as on the file", async () => {
  const rows = Array.from({ length: 120 }, (_, i) => ({
    when: `2024-03-${String(1 + i % 28).padStart(2, "0")}`,
    price: `$1,${200 + i * 7 % 90}.50`,
    load: i % 9 === 4 ? "n/a" : (10 * Math.sin(i)).toFixed(2),
    site: `s${i % 3}`,
  }));
  const lines = rows.map((row) => Object.values(row).map((cell) => `"${cell}"`).join(","));
  const csv = [Object.keys(rows[0]).join(","), ...lines].join("\n");
  const options: DetectorOptions = { preset: "small", epochs: 2, seed: 1 };
  const table = readTable("t.csv", new TextEncoder().encode(csv), { cells: "any" });
  const [ofTexts, ofFile] = [await Detector.fit(rows, options), await Detector.fit(table, options)];
  assert.deepEqual(ofTexts.schema.map(({ kind }) => kind), [
    ...["timestamp", "numeric", "numeric", "categorical"],
  ]);
  assert.deepEqual(ofTexts.save(), ofFile.save());
});
