/**
 * What one caller may have at once: unfinished jobs, files, and bytes of files. Expected numbers are counted by hand.
 */
import assert from "node:assert/strict";
import { problemOf } from "../http/util.ts";
import { jobsApp, QUICK, ROWS, TOKEN } from "./app.ts";

Deno.test("no caller has more unfinished jobs than allowed, sent at once or one by one; other callers are not affected", async () => {
  await using app = await jobsApp({ limits: { perCaller: { jobs: 3 } } });
  const train = (headers: Record<string, string> = {}) =>
    app.ask("POST", "/v1/models/m/train", { rows: ROWS, ...QUICK }, headers);
  const keyed = { "idempotency-key": "k" };
  const first = await (await train(keyed)).json();
  const asked = await Promise.all(Array.from({ length: 5 }, () => train()));
  assert.deepEqual(asked.map(({ status }) => status).sort(), [202, 202, 429, 429, 429]);
  const refused = await train();
  assert.match(refused.headers.get("retry-after")!, /^[1-9]\d*$/);
  assert.match((await problemOf(refused, "queue-full")).detail, /at most 3 .*GET \/v1\/jobs/);
  // A repeated request is no new job, and other callers have jobs of their own.
  assert.deepEqual([(await train(keyed)).status, (await app.client.job(first.id)).state], [
    200,
    "queued",
  ]);
  assert.equal((await train({ authorization: `Bearer ${TOKEN.other}` })).status, 202);
  const { jobs } = await app.client.jobs();
  assert.deepEqual([jobs.length, jobs[0].id], [3, first.id]);
  await app.client.cancelJob(jobs[1].id);
  assert.equal((await train()).status, 202);
});

Deno.test("no caller keeps more files, or bytes of files, than allowed, however many arrive at once", async () => {
  const perCaller = { uploads: 3, uploadBytes: 1000 };
  await using app = await jobsApp({ limits: { perCaller } });
  const put = (name: string, size: number, token = TOKEN.all) =>
    app.ask("PUT", `/v1/uploads/${name}.csv`, new Uint8Array(size), {
      authorization: `Bearer ${token}`,
      "content-type": "text/csv",
    });
  const kept = async () => {
    const { uploads } = await app.client.uploads();
    return uploads.map(({ name, bytes }) => [name, bytes]);
  };
  const at = (name: number) => String.fromCharCode(97 + name);
  const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => put(at(i), 400)));
  assert.deepEqual(answers.filter(({ status }) => status === 201).length, 2);
  assert.equal((await kept()).length, 2);
  const refused = await put("x", 201);
  assert.match(
    (await problemOf(refused, "quota-exceeded")).detail,
    /1000 bytes.*GET \/v1\/uploads/,
  );
  const [[name]] = await kept() as [string, number][];
  // A file that replaces another counts in its place; a refused one leaves the old file.
  const stem = name.slice(0, -".csv".length);
  assert.equal((await put(stem, 601)).status, 507);
  assert.equal((await put(stem, 600)).status, 201);
  assert.equal((await put("x", 0)).status, 201);
  assert.match((await problemOf(await put("y", 0), "quota-exceeded")).detail, /3 files/);
  assert.equal((await put("y", 400, TOKEN.other)).status, 201);
});
