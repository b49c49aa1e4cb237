/** Parquet over HTTP. Oracle: the same table as CSV, which gives the same bytes in training and scoring. */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { readAnyTable } from "../../src/formats/mod.ts";
import { COLUMNS, jobsApp, QUICK, ROWS, TOKEN } from "./app.ts";

function parquetOf(columns: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parquetWriteBuffer({
    columnData: columns.map((data, c) => ({
      name: COLUMNS[c],
      data: [...data],
      type: "DOUBLE" as const,
    })),
  }));
}

Deno.test("an uploaded Parquet file trains and scores like the same table in CSV", async () => {
  await using app = await jobsApp();
  app.work();
  const files = {
    "t.csv": new TextEncoder().encode(
      [COLUMNS, ...ROWS].map((row) => row.join()).join("\n") + "\n",
    ),
    "t.parquet": parquetOf(COLUMNS.map((_, c) => ROWS.map((row) => row[c]))),
  };
  const outcomes = [];
  for (const [name, bytes] of Object.entries(files)) {
    const type = name === "t.csv" ? "text/csv" : "application/vnd.apache.parquet";
    const put = await app.ask("PUT", `/v1/uploads/${name}`, bytes, {
      authorization: `Bearer ${TOKEN.all}`,
      "content-type": type,
    });
    assert.equal(put.status, 201, await put.text());
    const { id } = await app.client.train("m", { upload: name }, QUICK);
    const trained = await app.client.waitForJob(id);
    assert.equal(trained.state, "succeeded", trained.error);
    const { digest } = await app.client.model("m");
    const scored = await app.client.waitForJob((await app.client.scoreUpload("m", name)).id);
    assert.equal(scored.state, "succeeded", scored.error);
    outcomes.push([digest, await (await app.client.jobResult(scored.id)).text()]);
  }
  assert.deepEqual(outcomes[1], outcomes[0]);
});

Deno.test("a Parquet file that inflates beyond measure is refused before it is read", async () => {
  const rows = 1_300_000, bytes = parquetOf([Array(rows).fill(0)]);
  assert.ok(bytes.length < 3000, `${bytes.length} bytes`);
  await assert.rejects(
    readAnyTable("bomb.parquet", bytes),
    /at most \d+ cells, got 1300000 rows of 1/,
  );
  const small = parquetOf([Array(1000).fill(0)]);
  assert.equal((await readAnyTable("t.parquet", small)).rows, 1000);
  await assert.rejects(readAnyTable("t.parquet", small, { maxCells: 999 }), /at most 999 cells/);
});
