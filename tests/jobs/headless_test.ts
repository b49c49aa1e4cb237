/** Jobs on CSV without a header line. Oracle: `Detector.fit` with the same names, and the same file with a header. */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { digestOf } from "../../src/http/mod.ts";
import { problemOf } from "../http/util.ts";
import { COLUMNS, jobsApp, QUICK, ROWS } from "./app.ts";

const LINES = ROWS.map((row) => row.join()).join("\n");

Deno.test("an upload without a header line trains and scores as if it had one, once its jobs say so", async () => {
  await using app = await jobsApp();
  app.work();
  const { client } = app, bare = new TextEncoder().encode(LINES);
  const absent = { "content-type": "text/csv; header=absent" };
  const refused = await app.ask("PUT", "/v1/uploads/bare.csv", bare, absent);
  assert.match(
    (await problemOf(refused, "unsupported-media-type")).detail,
    /leave out header=absent, and give header: false to its jobs/,
  );
  await client.putUpload("bare.csv", bare);
  await client.putUpload("t.csv", new TextEncoder().encode(`${COLUMNS.join()}\n${LINES}`));
  const failed = await client.waitForJob((await client.train("m", { upload: "bare.csv" })).id);
  assert.match(
    failed.error!,
    /name for each column above it \(if the first line is a row: "header": false\)$/,
  );
  const options = { ...QUICK, header: false }, columns = ["x0", "x1", "x2"];
  const direct = await Detector.fit(ROWS, { preset: "small", ...QUICK, columns });
  const trained = await client.train("m", { upload: "bare.csv" }, options);
  const { result, error } = await client.waitForJob(trained.id);
  assert.equal(result?.digest, await digestOf(direct.save()), error);
  assert.equal(result?.rows, ROWS.length);
  // Columns are taken in the order of a model that knows them by other names.
  await client.waitForJob((await client.train("m", { upload: "t.csv" }, QUICK)).id);
  const scored = [];
  for (const [upload, header] of [["t.csv", true], ["bare.csv", false]] as const) {
    const job = await client.waitForJob((await client.scoreUpload("m", upload, { header })).id);
    assert.equal(job.state, "succeeded", job.error);
    scored.push(await (await client.jobResult(job.id)).text());
  }
  assert.equal(scored[1], scored[0]);
  const npy = await app.ask("POST", "/v1/models/m/score-jobs", { upload: "t.npy", header: false });
  const { errors } = await problemOf(npy, "invalid-body");
  assert.deepEqual(errors, [{
    pointer: "/header",
    detail: "Cannot read upload: only CSV and TSV can be without a header line",
  }]);
});
