/**
 * Files scored through a queue. Oracle: `elbow score` with the same file and model gives the same bytes. A worker is
 * killed with SIGKILL while it works: each part must still succeed once, and be in the result once.
 */
import assert from "node:assert/strict";
import { Detector, VAE } from "../../mod.ts";
import { type ApiError, type Client, createApp, createClient } from "../../src/http/mod.ts";
import { Registry } from "../../src/http/models/registry.ts";
import { runJobs } from "../../src/jobs/runner.ts";
import { PART_ROWS } from "../../src/jobs/score_job.ts";
import { openNats } from "../../src/storage/nats/mod.ts";
import { openSqlite } from "../../src/storage/sqlite/mod.ts";
import type { JobQueue } from "../../src/storage/job_queue.ts";
import type { ModelStore } from "../../src/storage/model_store.ts";
import { elbowOk, Folder } from "../cli/util.ts";
import { problemOf } from "../http/util.ts";
import { planeRows } from "../util/data.ts";
import { skipTest } from "../util/skip.ts";
import { jobsApp, TOKEN, TOKENS } from "./app.ts";
import { HAS_NATS, oneServer } from "./nats_servers.ts";
import { until, WorkerProcess } from "./worker_process.ts";

/** Numbers, some missing cells, and text; plus a column that the model does not know. */
function csvOf(rows: number): Uint8Array<ArrayBuffer> {
  const lines = planeRows(rows, 3, 5).map(([a, b], r) =>
    `${r},${a},${r % 11 === 0 ? "" : b},${["red", "blue", "green"][r % 3]}`
  );
  return new TextEncoder().encode(`id,a,b,c\n${lines.join("\n")}\n`);
}

async function modelOf(preset: "small" | "ensemble"): Promise<Uint8Array<ArrayBuffer>> {
  const rows = planeRows(80, 3, 7).map(([a, b], r) => [a, b, ["red", "blue"][r % 2]]);
  const options = { columns: ["a", "b", "c"], preset, hidden: [8], latent: 2, epochs: 3, seed: 1 };
  return (await Detector.fit(rows, options)).save() as Uint8Array<ArrayBuffer>;
}

/** The output of `elbow score`. */
async function directly(model: Uint8Array, file: Uint8Array, ...more: string[]): Promise<string> {
  using folder = new Folder();
  await Deno.writeFile(folder.at("m.safetensors"), model);
  await Deno.writeFile(folder.at("t.csv"), file);
  return await elbowOk("score", folder.at("m.safetensors"), folder.at("t.csv"), ...more);
}

const resultOf = async (client: Client, id: string) => await (await client.jobResult(id)).text();

Deno.test("a file scored in parts by two runners gives the bytes of elbow score", async () => {
  await using app = await jobsApp();
  const { client } = app, model = await modelOf("small"), rows = 2 * PART_ROWS + 5;
  const file = csvOf(rows);
  await client.upload("m", model);
  await client.putUpload("t.csv", file);
  const asked = await client.scoreUpload("m", "t.csv", {}, "key");
  assert.deepEqual([asked.kind, asked.state, asked.model], ["score", "queued", "m"]);
  assert.equal((await client.scoreUpload("m", "t.csv", {}, "key")).id, asked.id, "asked twice");
  await problemOf(await app.ask("GET", `/v1/jobs/${asked.id}/result`), "no-result");
  // Whatever version is current now, the job was accepted for the one before.
  await client.upload("m", await modelOf("ensemble"));
  app.work();
  app.work();
  const done = await client.waitForJob(asked.id);
  assert.equal(done.state, "succeeded", done.error);
  const text = await resultOf(client, asked.id);
  assert.equal(text, await directly(model, file));
  const anomalies = text.split("\n").filter((line) => line.split(",")[3] === "true").length;
  const objects = await (await client.jobResult(asked.id, "ndjson")).text();
  const [header, ...records] = text.trimEnd().split("\n").map((line) => line.split(","));
  const again = objects.trimEnd().split("\n").map((line) => {
    const row = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual(Object.keys(row), header);
    return Object.values(row).map(String);
  });
  assert.deepEqual(again, records);
  const { version, bytes, ...about } = done.result!;
  assert.deepEqual([version, bytes], [1, text.length]);
  assert.deepEqual([about.rows, about.parts, about.anomalies], [rows, 3, anomalies]);
  assert.deepEqual(done.progress, { parts: 3, partsDone: 3 });
  const strict = await client.scoreUpload("m", "t.csv", { falseAlarmRate: 0.2 });
  await client.waitForJob(strict.id);
  const { versions } = await client.versions("m");
  assert.equal(versions.length, 2);
  const flags = await resultOf(client, strict.id);
  const second = await directly(await modelOf("ensemble"), file, "--false-alarm-rate", "0.2");
  assert.equal(flags, second);
});

Deno.test("if the queue is full, parts are scored by the runner that split the file", async () => {
  await using app = await jobsApp({ queue: { maxJobs: 1 } });
  const { client } = app, model = await modelOf("small"), file = csvOf(PART_ROWS + 3);
  await client.upload("m", model);
  await client.putUpload("t.csv", file);
  const { id } = await client.scoreUpload("m", "t.csv");
  app.work();
  const done = await client.waitForJob(id);
  assert.equal(done.state, "succeeded", done.error);
  assert.equal(await resultOf(client, id), await directly(model, file));
  assert.deepEqual((await app.queue.stats()).finished.map(({ kind }) => kind), ["score"]);
});

Deno.test("what cannot be scored is refused at once, or fails with the reason; tokens need both scopes", async () => {
  await using app = await jobsApp();
  const { client } = app;
  await client.upload("m", await modelOf("small"));
  const plain = VAE.create({ inputs: 3, latent: [{ size: 1 }] }, { seed: 1 }).save();
  await client.upload("plain", plain as Uint8Array<ArrayBuffer>);
  const put = (name: string, text: string) =>
    client.putUpload(name, new TextEncoder().encode(text));
  await put("few.csv", "a,b\n1,2\n");
  await put("bad.csv", "a,b,c\n1,2,red\n3,many,blue\n");
  const refusals = [
    ["m", { upload: "none.csv" }, "invalid-body"],
    ["m", { upload: 3 }, "invalid-body"],
    ["m", { upload: "few.csv", falseAlarmRate: 1e-9 }, "invalid-body"],
    ["m", { upload: "few.csv", fdr: 0.1 }, "invalid-body"],
    ["plain", { upload: "few.csv" }, "invalid-body"],
    ["none", { upload: "few.csv" }, "unknown-model"],
  ] as const;
  for (const [model, body, kind] of refusals) {
    await problemOf(await app.ask("POST", `/v1/models/${model}/score-jobs`, body), kind);
  }
  for (const token of [TOKEN.train, TOKEN.score]) {
    const headers = { authorization: `Bearer ${token}` };
    const path = "/v1/models/m/score-jobs";
    await problemOf(await app.ask("POST", path, { upload: "few.csv" }, headers), "forbidden");
  }
  app.work();
  for (
    const [name, words] of [["few.csv", /the model's column "c"/], [
      "bad.csv",
      /row 2 \(line 3\), column "b"/,
    ]] as const
  ) {
    const { id } = await client.scoreUpload("m", name);
    const { state, error } = await client.waitForJob(id);
    assert.equal(state, "failed");
    assert.match(error!, words);
    await assert.rejects(client.jobResult(id), (error: ApiError) => error.status === 404);
  }
});

Deno.test("cancelling a job cancels its parts, and no work remains", async () => {
  await using app = await jobsApp();
  const { client } = app;
  await client.upload("m", await modelOf("ensemble"));
  await client.putUpload("t.csv", csvOf(6 * PART_ROWS));
  const { id } = await client.scoreUpload("m", "t.csv");
  app.work();
  for await (const { type } of client.jobEvents(id)) {
    if (type === "progress") assert.equal((await client.cancelJob(id)).state, "cancelled");
  }
  const left = async () => {
    const { queued, running } = await app.queue.stats();
    return queued + running;
  };
  while (await left() > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const parts = (await app.queue.stats()).finished.filter(({ kind }) => kind === "part");
  assert.ok(parts.some(({ state }) => state !== "succeeded"), JSON.stringify(parts));
});

/** Kills a worker in the middle; another continues. */
async function killedMidRun(
  { queue, models }: { readonly queue: JobQueue; readonly models: ModelStore },
  ...where: readonly string[]
): Promise<void> {
  const app = createApp({ models, tokens: TOKENS, training: { queue } });
  const client = createClient("http://localhost", {
    token: TOKEN.all,
    fetch: (url, init) => app.request(url, init),
  });
  const model = await modelOf("ensemble"), file = csvOf(5 * PART_ROWS + 1);
  await client.upload("m", model);
  await client.putUpload("t.csv", file);
  const { id } = await client.scoreUpload("m", "t.csv");
  const doomed = new WorkerProcess(...where, "--lease", "1");
  const ending = new AbortController();
  try {
    await until(() => doomed.entries.some(({ event }) => event === "succeeded"));
    await doomed.kill();
    const registry = new Registry(models);
    const running = runJobs({
      queue,
      read: (digest) => models.read(digest),
      publish: async (name, bytes, job) => (await registry.put(name, bytes, {}, job)).version,
      signal: ending.signal,
    });
    const { state, error, attempt } = await client.waitForJob(id);
    assert.equal(state, "succeeded", error);
    assert.ok(attempt > 1, "killed in the middle");
    assert.equal(await resultOf(client, id), await directly(model, file));
    const parts = (await queue.stats()).finished.filter(({ kind }) => kind === "part");
    assert.deepEqual(parts.map(({ state, count }) => [state, count]), [["succeeded", 6]]);
    ending.abort();
    await running;
  } finally {
    ending.abort();
    await doomed.kill();
    await queue.close();
  }
}

Deno.test("SQLite: if a worker is killed while it scores, every part is still scored once", async () => {
  using folder = new Folder();
  const path = folder.at("jobs.db");
  await killedMidRun(openSqlite(path, { now: Date.now, leaseMs: 1000 }), "--db", path);
});

if (!HAS_NATS) skipTest("NATS: a worker killed while it scores", "there is no nats-server");
else {
  Deno.test("NATS: if a worker is killed while it scores, every part is still scored once", async () => {
    await using server = await oneServer();
    const storage = await openNats(server.url, { now: Date.now, leaseMs: 1000 });
    await killedMidRun(storage, "--nats", server.url);
  });
}
