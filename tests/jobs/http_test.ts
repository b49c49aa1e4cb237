/**
 * Training over HTTP: a job, from its acceptance to the version that it makes. Oracle: `Detector.fit`, called directly,
 * gives the same bytes.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { type ApiError, createApp, digestOf, memoryStore } from "../../src/http/mod.ts";
import { readEvents } from "../../src/http/client/client_events.ts";
import { problemOf } from "../http/util.ts";
import { COLUMNS, jobsApp, QUICK, ROWS, TOKEN, TOKENS } from "./app.ts";

/** The model that a job with these rows must make. */
async function directly(options = QUICK, columns = COLUMNS): Promise<string> {
  return await digestOf(
    (await Detector.fit(ROWS, { preset: "small", ...options, columns })).save(),
  );
}

const CSV = [COLUMNS.join(), ...ROWS.map((row) => row.join())].join("\n");

Deno.test("an accepted job is done, and its model is the next version: the bytes of a direct run", async () => {
  await using app = await jobsApp();
  const accepted = await app.ask("POST", "/v1/models/pumps/train", {
    rows: ROWS,
    columns: COLUMNS,
    ...QUICK,
  });
  const job = await accepted.json();
  assert.deepEqual([accepted.status, job.state, job.kind, job.model], [
    202,
    "queued",
    "train",
    "pumps",
  ]);
  assert.equal(accepted.headers.get("location"), `/v1/jobs/${job.id}`);
  assert.ok(!("owner" in job) && !("spec" in job));
  await problemOf(await app.ask("GET", "/v1/models/pumps"), "unknown-model");
  app.work();
  const events = await Array.fromAsync(app.client.jobEvents(job.id));
  assert.deepEqual([...new Set(events.map(({ type }) => type))], [
    "queued",
    "running",
    "progress",
    "succeeded",
  ]);
  const digest = await directly();
  const done = await (await app.ask("GET", `/v1/jobs/${job.id}`)).json();
  assert.equal(done.state, "succeeded");
  assert.deepEqual([done.result.version, done.result.digest, done.result.rows], [1, digest, 80]);
  assert.equal(done.progress.epoch, QUICK.epochs);
  const model = await (await app.ask("GET", "/v1/models/pumps")).json();
  assert.deepEqual([model.version, model.digest, model.columns], [1, digest, COLUMNS]);
  const { versions } = await (await app.ask("GET", "/v1/models/pumps/versions")).json();
  assert.deepEqual(versions.map(({ job }: { job: string }) => job), [job.id]);
  const scored = await app.ask("POST", "/v1/models/pumps/score", { rows: ROWS.slice(0, 2) });
  assert.equal((await scored.json()).digest, digest);
});

Deno.test("HEAD of a job's events answers at once, without a length", async () => {
  await using app = await jobsApp();
  const job = await (await app.ask("POST", "/v1/models/pumps/train", {
    rows: ROWS,
    columns: COLUMNS,
    ...QUICK,
  })).json();
  const response = await app.ask("HEAD", `/v1/jobs/${job.id}/events`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type")!, /^text\/event-stream/);
  assert.equal(response.headers.get("content-length"), null);
});

Deno.test("an upload, rows by name and rows by position train the same model; a label is left out", async () => {
  await using app = await jobsApp();
  app.work();
  const { client } = app, bytes = new TextEncoder().encode(CSV);
  const upload = await client.putUpload("t.csv", bytes);
  assert.deepEqual([upload.bytes, upload.digest], [bytes.length, await digestOf(bytes)]);
  const labelled = new TextEncoder().encode(
    CSV.split("\n").map((line, i) => `${line},${i === 0 ? "fault" : i % 2}`).join("\n"),
  );
  await client.putUpload("labelled.csv", labelled);
  // What a label says does not matter where it is only left out.
  const classes = new TextEncoder().encode(
    CSV.replace(/$/gm, ",leak").replace("leak", "fault"),
  );
  await client.putUpload("classes.csv", classes);
  assert.deepEqual((await client.uploads()).uploads.map(({ name }) => name), [
    "classes.csv",
    "labelled.csv",
    "t.csv",
  ]);
  const named = ROWS.map(([heat, flow, drift]) => ({ heat, flow, drift }));
  const jobs = [
    await client.train("a", { upload: "t.csv" }, QUICK),
    await client.train("b", { upload: "labelled.csv" }, { ...QUICK, label: "fault" }),
    await client.train("b2", { upload: "classes.csv" }, { ...QUICK, label: "fault" }),
    await client.train("c", named, QUICK),
    await client.train("d", ROWS, { ...QUICK, columns: COLUMNS }),
  ];
  const want = await directly();
  for (const { id } of jobs) {
    const { state, result, error } = await client.waitForJob(id);
    assert.deepEqual([state, result?.digest], ["succeeded", want], error);
  }
  await client.deleteUpload("t.csv");
  await assert.rejects(client.deleteUpload("t.csv"), (error: ApiError) => error.status === 404);
});

Deno.test("the name of an upload tells its format; UTF-16 with its byte order mark trains and scores like UTF-8", async () => {
  await using app = await jobsApp();
  app.work();
  const { client } = app, digest = await directly(), scored: string[] = [];
  // Little-endian, as on Windows; the table is ASCII.
  const wide = Uint8Array.from([
    0xff,
    0xfe,
    ...[...CSV].flatMap((each) => [each.charCodeAt(0), 0]),
  ]);
  const uploads = { "t.csv": new TextEncoder().encode(CSV), "wide.csv": wide };
  for (const [name, bytes] of Object.entries(uploads)) {
    assert.equal((await app.ask("PUT", `/v1/uploads/${name}`, bytes)).status, 201);
    const { id } = await client.train("m", { upload: name }, QUICK);
    const { result, error } = await client.waitForJob(id);
    assert.equal(result?.digest, digest, error);
    const job = await client.waitForJob((await client.scoreUpload("m", name)).id);
    assert.equal(job.state, "succeeded", job.error);
    scored.push(await (await client.jobResult(job.id)).text());
  }
  assert.equal(scored[0].split("\n").length, ROWS.length + 2);
  assert.equal(scored[1], scored[0]);
});

Deno.test("an ensemble equals that of Detector.fit; an upload may have text and missing cells", async () => {
  await using app = await jobsApp();
  app.work();
  const { client } = app,
    settings = { preset: "ensemble" as const, epochs: 3, hidden: [8], seed: 2 };
  const { id } = await client.train("e", ROWS, { ...settings, columns: [...COLUMNS] });
  const mixed = ROWS.map(([a, b], r) => `${a},${r % 7 === 0 ? "" : b},${["red", "blue"][r % 2]}`);
  await client.putUpload("mixed.csv", new TextEncoder().encode(["a,b,c", ...mixed].join("\n")));
  const other = await client.train("f", { upload: "mixed.csv" }, QUICK);
  const done = await client.waitForJob(id);
  const direct = await Detector.fit(ROWS, { ...settings, columns: COLUMNS });
  assert.equal(done.result?.digest, await digestOf(direct.save()), done.error);
  const { state, error } = await client.waitForJob(other.id);
  assert.equal(state, "succeeded", error);
  assert.deepEqual((await client.model("f")).columns, ["a", "b", "c"]);
});

Deno.test("rows with text, booleans and missing cells train the model of Detector.fit, also with robust", async () => {
  await using app = await jobsApp();
  app.work();
  const { client } = app, settings = { ...QUICK, preset: "small" } as const;
  const mixed = ROWS.map(([a, b], r) => ({
    a,
    b: r % 7 === 0 ? null : b,
    kind: ["red", "blue"][r % 2],
    on: r % 3 === 0,
  }));
  const names = ["a", "b", "kind", "on"];
  const lists = mixed.map((row) => names.map((name) => row[name as keyof typeof row]));
  const jobs = [
    await client.train("named", mixed, settings),
    await client.train("lists", lists, { ...settings, columns: names }),
  ];
  const robust = await client.train("robust", ROWS, {
    ...settings,
    columns: [...COLUMNS],
    robust: 0.25,
  });
  const direct = await Detector.fit(mixed, settings);
  for (const { id } of jobs) {
    const { result, error } = await client.waitForJob(id);
    assert.equal(result?.digest, await digestOf(direct.save()), error);
  }
  const { result, error } = await client.waitForJob(robust.id);
  const apart = await Detector.fit(ROWS, { ...settings, columns: COLUMNS, robust: 0.25 });
  assert.equal(result?.digest, await digestOf(apart.save()), error);
});

Deno.test("a repeated request finds the job, whatever has become of its upload and of the model", async () => {
  await using app = await jobsApp();
  await app.client.putUpload("t.csv", new TextEncoder().encode(CSV));
  const train = () =>
    app.ask("POST", "/v1/models/m/train", { upload: "t.csv", ...QUICK }, {
      "idempotency-key": "k",
    });
  const first = await (await train()).json();
  const stop = app.work();
  await app.client.waitForJob(first.id);
  const score = (body: object) =>
    app.ask("POST", "/v1/models/m/score-jobs", body, { "idempotency-key": "s" });
  const scored = await (await score({ upload: "t.csv" })).json();
  await app.client.waitForJob(scored.id);
  // By now the model has another version, and the upload is gone.
  const { id } = await app.client.train("m", { upload: "t.csv" }, { ...QUICK, seed: 9 });
  await app.client.waitForJob(id);
  await stop();
  await app.client.deleteUpload("t.csv");
  for (
    const [again, before] of [[await train(), first], [await score({ upload: "t.csv" }), scored]]
  ) {
    assert.deepEqual([again.status, (await again.json()).id], [200, before.id]);
  }
  await problemOf(await score({ upload: "t.csv", falseAlarmRate: 0.2 }), "conflict");
});

Deno.test("an idempotency key makes repeated requests one job", async () => {
  await using app = await jobsApp();
  const ask = (body: unknown, key: string, token = TOKEN.all, model = "m") =>
    app.ask("POST", `/v1/models/${model}/train`, body, {
      "idempotency-key": key,
      authorization: `Bearer ${token}`,
    });
  const body = { rows: ROWS, ...QUICK };
  const [first, second] = [await ask(body, "k1"), await ask(body, "k1")];
  assert.deepEqual([first.status, second.status], [202, 200]);
  const { id } = await first.json();
  assert.equal((await second.json()).id, id);
  await problemOf(await ask({ ...body, seed: 9 }, "k1"), "conflict");
  // Keys belong to a caller and a model.
  for (const other of [await ask(body, "k1", TOKEN.train), await ask(body, "k1", TOKEN.all, "n")]) {
    assert.equal(other.status, 202);
    assert.notEqual((await other.json()).id, id);
  }
  for (const key of ["", " ", "x".repeat(256), "ä"]) {
    const response = await ask(body, key).catch(() => undefined);
    if (response) await problemOf(response, "invalid-body");
  }
});

Deno.test("events continue after the last one that a caller has seen, even if connections break", async () => {
  await using app = await jobsApp();
  const { id } = await app.client.train("m", ROWS, QUICK);
  app.work();
  await app.client.waitForJob(id);
  const read = async (headers: Record<string, string>) => {
    const response = await app.ask("GET", `/v1/jobs/${id}/events`, undefined, headers);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    return await Array.fromAsync(readEvents(response.body!));
  };
  const all = await read({});
  for (let i = 0; i < all.length; i++) {
    assert.deepEqual(await read({ "last-event-id": `${all[i].id}` }), all.slice(i + 1));
  }
  await problemOf(
    await app.ask("GET", `/v1/jobs/${id}/events`, undefined, { "last-event-id": "x" }),
    "invalid-body",
  );
  // A connection that breaks in the middle of every event still delivers each of them, once.
  const { createClient } = await import("../../src/http/client.ts");
  let lines = 0;
  const broken = createClient("http://localhost", {
    token: TOKEN.all,
    async fetch(url, init) {
      const response = await app.ask(
        init.method!,
        url.slice("http://localhost".length),
        undefined,
        {
          ...init.headers as Record<string, string>,
        },
      );
      if (!url.endsWith("/events")) return response;
      lines++;
      const text = await response.text();
      const end = text.indexOf("\n\n");
      return new Response(text.slice(0, end < 0 ? 0 : end + 12));
    },
  });
  assert.deepEqual(await Array.fromAsync(broken.jobEvents(id)), all);
  assert.ok(lines >= all.length);
});

Deno.test("DELETE ends a waiting and a running job; the model stays as it was", async () => {
  await using app = await jobsApp();
  const long = { ...QUICK, epochs: 500_000 };
  const [running, waiting] = [
    await app.client.train("m", ROWS, long),
    await app.client.train("m", ROWS, long),
  ];
  const stop = app.work();
  for await (const { type } of app.client.jobEvents(running.id)) if (type === "progress") break;
  assert.equal((await app.client.cancelJob(running.id)).state, "cancelled");
  assert.equal((await app.client.cancelJob(waiting.id)).state, "cancelled");
  while (!app.log.some(({ event }) => event === "lost")) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  // The worker is free again, and a job that has ended cannot be ended again.
  assert.equal((await app.client.cancelJob(running.id)).state, "cancelled");
  const next = await app.client.train("m", ROWS, QUICK);
  assert.equal((await app.client.waitForJob(next.id)).state, "succeeded");
  assert.deepEqual((await app.client.versions("m")).versions.length, 1);
  await stop();
});

for (const preset of ["small", "ensemble"] as const) {
  Deno.test(`a runner that stops leaves its job (${preset}) at the last checkpoint, and the next finishes it with the same bytes`, async () => {
    await using app = await jobsApp();
    const options = { ...QUICK, preset, epochs: preset === "small" ? 3000 : 800 };
    const { id } = await app.client.train("m", ROWS, { ...options, columns: COLUMNS });
    const stop = app.work();
    for await (const { type } of app.client.jobEvents(id)) if (type === "progress") break;
    await stop();
    assert.equal((await app.client.job(id)).state, "queued");
    app.work();
    const { state, result, attempt } = await app.client.waitForJob(id);
    assert.deepEqual([state, attempt, result!.digest], ["succeeded", 2, await directly(options)]);
    assert.ok(app.log.some(({ event }) => event === "resumed"));
  });
}

Deno.test("a job whose data cannot be trained on fails with the reason, without a path or a stack trace", async () => {
  await using app = await jobsApp();
  app.work();
  const put = (name: string, text: string) =>
    app.client.putUpload(name, new TextEncoder().encode(text));
  await put("few.csv", "a,b\n1,2\n");
  await put("text.csv", `a,b\n${"1,2\n".repeat(20)}1,2,3\n`);
  await put("broken.npy", "no array");
  await put("keys.jsonl", Array.from({ length: 3000 }, (_, r) => `{"k${r}":1}`).join("\n"));
  const cases: [string, object, RegExp][] = [
    ["few.csv", {}, /at least 10 rows/],
    ["text.csv", {}, /text\.csv.*row 21/],
    ["broken.npy", {}, /Cannot read broken\.npy/],
    ["keys.jsonl", {}, /Cannot read keys\.jsonl: expected at most \d+ missing cells/],
    ["text.csv", { columns: ["a", "c"] }, /c/],
  ];
  for (const [upload, options, message] of cases) {
    const { id } = await app.client.train("m", { upload }, options);
    const job = await app.client.waitForJob(id);
    assert.equal(job.state, "failed");
    assert.match(job.error!, message);
    assert.doesNotMatch(job.error!, /\.ts\b|file:|\n|\/tmp/);
    assert.equal(job.attempt, 1);
  }
  assert.deepEqual((await app.client.models()).models, []);
});

Deno.test("callers see their own jobs and uploads only", async () => {
  await using app = await jobsApp();
  const as = (token: string) => ({ authorization: `Bearer ${token}` });
  const { id } = await (await app.ask(
    "POST",
    "/v1/models/m/train",
    { rows: ROWS, ...QUICK },
    as(TOKEN.train),
  )).json();
  for (const [method, path] of [["GET", ""], ["GET", "/events"], ["DELETE", ""]]) {
    const url = `/v1/jobs/${id}${path}`;
    await problemOf(await app.ask(method, url, undefined, as(TOKEN.other)), "unknown-job");
    await problemOf(await app.ask(method, url, undefined, as(TOKEN.score)), "forbidden");
    await problemOf(await app.ask(method, url, undefined, { authorization: "" }), "unauthorized");
  }
  assert.equal((await app.ask("GET", `/v1/jobs/${id}`, undefined, as(TOKEN.train))).status, 200);
  const csv = { ...as(TOKEN.train), "content-type": "text/csv" };
  await app.ask("PUT", "/v1/uploads/mine.csv", new TextEncoder().encode(CSV), csv);
  const body = { upload: "mine.csv" };
  const theirs = await app.ask("POST", "/v1/models/m/train", body, as(TOKEN.other));
  await problemOf(theirs, "invalid-body");
  await problemOf(
    await app.ask("DELETE", "/v1/uploads/mine.csv", undefined, as(TOKEN.other)),
    "unknown-upload",
  );
});

Deno.test("metrics count waiting, running and finished jobs", async () => {
  await using app = await jobsApp();
  const { id } = await app.client.train("m", ROWS, QUICK);
  const metrics = async () => await (await app.ask("GET", "/metrics")).text();
  assert.match(await metrics(), /^elbow_jobs\{state="queued"\} 1$/m);
  app.work();
  await app.client.waitForJob(id);
  const after = await metrics();
  assert.match(after, /^elbow_jobs\{state="queued"\} 0$/m);
  const labels = 'kind="train",state="succeeded"';
  assert.ok(after.includes(`elbow_job_duration_seconds_count{${labels}} 1`), after);
});

Deno.test("without training configured, its routes do not exist; with it, a token is required", async () => {
  const models = await memoryStore();
  const app = createApp({ models, tokens: TOKENS });
  for (
    const [method, path] of [
      ["POST", "/v1/models/m/train"],
      ["GET", `/v1/jobs/${"0".repeat(32)}`],
      ["GET", "/v1/uploads"],
      ["PUT", "/v1/uploads/a.csv"],
    ]
  ) {
    const headers = { authorization: `Bearer ${TOKEN.all}` };
    await problemOf(await app.request(path, { method, headers }), "unknown-route");
  }
  await using other = await jobsApp();
  const training = { queue: other.queue };
  assert.throws(() => createApp({ models, training }), /tokens must hold one for "train"/);
  const score = TOKENS.filter(({ scopes }) => !scopes.some((scope) => scope === "train"));
  assert.throws(() => createApp({ models, training, tokens: score }), /one for "train"/);
  assert.throws(() => createApp({ models: {}, training, tokens: TOKENS }), /must be a store/);
});
