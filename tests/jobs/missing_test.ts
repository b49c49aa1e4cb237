/** Jobs told what stands for a missing value. Oracle: `Detector.fit`, given the same rows with these cells empty. */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { digestOf } from "../../src/http/mod.ts";
import { COLUMNS, jobsApp, QUICK, ROWS } from "./app.ts";

/** Some cells are a word or -999, in every column. */
const cellsOf = (word: string | null, number: number | null) =>
  ROWS.map((row, r) =>
    row.map((cell, c) => (r + c) % 11 === 4 ? word : r % 13 === c ? number : cell)
  );

Deno.test("texts and numbers named by missing train as empty cells, in an upload and in rows", async () => {
  await using app = await jobsApp();
  app.work();
  const { client } = app, written = cellsOf("ERROR", -999), missing = ["ERROR", "-999"];
  const csv = [COLUMNS, ...written].map((row) => `${row.join()}\n`).join("");
  await client.putUpload("t.csv", new TextEncoder().encode(csv));
  const options = { ...QUICK, missing };
  const jobs = [
    await client.train("a", { upload: "t.csv" }, options),
    await client.train("b", written, { ...options, columns: COLUMNS }),
  ];
  const empty = cellsOf(null, null), columns = COLUMNS;
  const direct = await Detector.fit(empty, { preset: "small", ...QUICK, columns, missing });
  for (const { id } of jobs) {
    const { result, error } = await client.waitForJob(id);
    assert.equal(result?.digest, await digestOf(direct.save()), error);
  }
  // Unless it is told, the job refuses a word among numbers.
  const { error } = await client.waitForJob(
    (await client.train("c", { upload: "t.csv" }, QUICK)).id,
  );
  assert.match(error!, /"ERROR"/);
});
