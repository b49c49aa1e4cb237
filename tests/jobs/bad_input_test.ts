/**
 * What the training routes refuse, by the classes of attack that SECURITY.md lists. An answer must be a problem of the
 * expected type and name the field; the queue must be empty afterwards.
 */
import assert from "node:assert/strict";
import { zipSync } from "npm:fflate@0.8.3";
import { workOf } from "../../src/jobs/budget.ts";
import { encodeNpy } from "../../src/formats/numpy/npy.ts";
import type { ProblemName } from "../../src/http/answers/problems.ts";
import { problemOf } from "../http/util.ts";
import { COLUMNS, type JobsApp, jobsApp, QUICK, ROWS } from "./app.ts";

const TRAIN = "/v1/models/m/train";
const body = (part: object) => ({ rows: ROWS, ...QUICK, ...part });
const cell = (value: unknown) =>
  body({ rows: ROWS.map((row, r) => r === 4 ? [1, value, 3] : row) });

async function requireIdle({ queue }: JobsApp): Promise<void> {
  const { queued, running, finished } = await queue.stats();
  assert.deepEqual([queued, running, finished], [0, 0, []]);
}

Deno.test("train: bodies that do not fit are refused, naming the field", async () => {
  await using app = await jobsApp();
  const cases: [unknown, string][] = [
    [cell(1e200), "/rows/4/1"],
    [cell([1]), "/rows/4/1"],
    [cell({}), "/rows/4/1"],
    // Beside text, too.
    [body({ rows: [["a", 1, 2], ...ROWS.slice(0, 20), [1, 1e200, 2]] }), "/rows/21/1"],
    [body({ rows: [["a", 1, null], ...ROWS.slice(0, 20), [1, 2]] }), "/rows/21"],
    [body({ rows: [...Array(10).fill({ a: true, b: 1 }), { a: "x", c: 1 }] }), "/rows/10/c"],
    [body({ rows: [...Array(10).fill({ a: true, b: 1 }), 7] }), "/rows/10"],
    [body({ robust: 0.6 }), "/robust"],
    [body({ missing: "ERROR" }), "/missing"],
    [body({ missing: [-999] }), "/missing/0"],
    [body({ robust: "yes" }), "/robust"],
    [
      body({ robust: true, spec: { latent: [{ size: 1 }] }, hidden: undefined, latent: undefined }),
      "/robust",
    ],
    [body({ rows: [...ROWS.slice(0, 20), [1, 2]] }), "/rows/20"],
    [body({ rows: [...ROWS.slice(0, 20), { a: 1, b: 2, c: 3 }] }), "/rows/20/a"],
    [body({ rows: ROWS.slice(0, 9) }), "/rows"],
    [body({ rows: [] }), "/rows"],
    [body({ rows: 7 }), "/rows"],
    [body({ rows: Array(12).fill([]) }), "/columns"],
    [body({ rows: Array(12).fill(7) }), "/columns"],
    [{ ...QUICK }, "/rows"],
    [body({ upload: "a.csv" }), "/rows"],
    [{ upload: "none.csv" }, "/upload"],
    [{ upload: "../../etc/passwd" }, "/upload"],
    [{ upload: "http://169.254.169.254/latest" }, "/upload"],
    [body({ columns: ["a", "b"] }), "/rows/0"],
    [body({ columns: ["a", "b", "a"] }), "/columns"],
    [body({ columns: [] }), "/columns"],
    [body({ columns: ["a", 2, "c"] }), "/columns/1"],
    [body({ label: "heat" }), "/label"],
    [body({ header: false }), "/header"],
    [{ upload: "t.parquet", header: false }, "/header"],
    [{ upload: "t.csv", header: "absent" }, "/header"],
    [body({ epochs: 0 }), "/epochs"],
    [body({ epochs: 1.5 }), "/epochs"],
    [body({ epochs: "3" }), "/epochs"],
    [body({ hidden: [] }), "/hidden"],
    [body({ hidden: [0] }), "/hidden/0"],
    [body({ hidden: Array(9).fill(8) }), "/hidden"],
    [body({ latent: -1 }), "/latent"],
    [body({ likelihood: "mixed" }), "/likelihood"],
    [body({ falseAlarmRate: 1 }), "/falseAlarmRate"],
    [body({ validation: 0.95 }), "/validation"],
    [body({ patience: 3 }), "/patience"],
    [body({ determinism: "none" }), "/determinism"],
    [body({ backend: "wasm" }), "/backend"],
    [body({ checkpoint: "/tmp/x" }), "/checkpoint"],
    [null, ""],
  ];
  for (const [value, pointer] of cases) {
    const text = JSON.stringify(value).slice(0, 80);
    const { errors } = await problemOf(await app.ask("POST", TRAIN, value), "invalid-body");
    assert.equal(errors?.[0].pointer, pointer, text);
  }
  // JSON's way to write infinity, and names of members that every object has.
  const huge = JSON.stringify(cell(7)).replace("[1,7,3]", "[1,1e999,3]");
  await problemOf(await app.ask("POST", TRAIN, huge), "invalid-body");
  await requireIdle(app);
});

Deno.test("train: types, encodings, sizes, depth and pieces are limited as in other routes", async () => {
  await using app = await jobsApp({ maxBodyBytes: 20_000, limits: { maxUploadBytes: 5000 } });
  const text = JSON.stringify(body({})),
    big = JSON.stringify(body({ rows: Array(4000).fill([1, 2, 3]) }));
  const pieces = (count: number, piece: string) =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        if (count-- > 0) controller.enqueue(new TextEncoder().encode(piece));
        else controller.close();
      },
    });
  const json = { "content-type": "application/json" }, csv = { "content-type": "text/csv" };
  const cases: [path: string, body: unknown, Record<string, string>, ProblemName][] = [
    [TRAIN, text, { "content-type": "text/plain" }, "unsupported-media-type"],
    [TRAIN, text, { "content-type": "multipart/form-data; boundary=x" }, "unsupported-media-type"],
    [TRAIN, text, { "content-encoding": "gzip" }, "unsupported-media-type"],
    [TRAIN, text.slice(0, -1), {}, "malformed-json"],
    [TRAIN, `${"[".repeat(100_000)}`, {}, "body-too-large"],
    [TRAIN, `${"[".repeat(9000)}`, {}, "malformed-json"],
    [TRAIN, big, {}, "body-too-large"],
    [TRAIN, pieces(70_000, " "), json, "body-too-large"],
    ["/v1/uploads/a.csv", pieces(70_000, ""), csv, "body-too-large"],
    ["/v1/uploads/a.csv", new Uint8Array(5001), csv, "body-too-large"],
    [
      "/v1/uploads/a.csv",
      new Uint8Array(10),
      { "content-type": "multipart/form-data" },
      "unsupported-media-type",
    ],
    [
      "/v1/uploads/a.csv",
      new Uint8Array(10),
      { ...csv, "content-encoding": "br" },
      "unsupported-media-type",
    ],
    ["/v1/uploads/a.exe", new Uint8Array(10), csv, "invalid-body"],
    ["/v1/uploads/a", new Uint8Array(10), csv, "invalid-body"],
  ];
  for (const [path, value, headers, kind] of cases) {
    const method = path === TRAIN ? "POST" : "PUT";
    const response = await app.ask(method, path, value, headers);
    assert.equal((await problemOf(response)).type, `urn:elbow:problem:${kind}`, `${path} ${kind}`);
  }
  assert.deepEqual((await app.client.uploads()).uploads, []);
  await requireIdle(app);
});

Deno.test("train: invalid names, ids and events are refused or not found", async () => {
  await using app = await jobsApp();
  const tricks = [
    "..%2f..%2fx",
    "%2e%2e",
    "a%00b",
    "a%2fb",
    "x".repeat(65),
    "%ff",
    "table%20",
    "~",
    "$(id)",
  ];
  for (const trick of tricks) {
    const train = await app.ask("POST", `/v1/models/${trick}/train`, body({}));
    assert.ok([404, 405, 422].includes(train.status), trick);
    for (const method of ["GET", "DELETE"]) {
      for (const suffix of ["", "/events"]) {
        const response = await app.ask(method, `/v1/jobs/${trick}${suffix}`);
        assert.ok([404, 405].includes(response.status), `${method} ${trick} ${response.status}`);
      }
    }
    const put = await app.ask("PUT", `/v1/uploads/${trick}.csv`, new Uint8Array(3), {
      "content-type": "text/csv",
    });
    assert.ok([404, 422].includes(put.status), `${trick} ${put.status}`);
  }
  await app.ask("PUT", "/v1/models/real", undefined);
  await requireIdle(app);
});

Deno.test("train: columns called __proto__ are columns, and no prototype changes", async () => {
  await using app = await jobsApp();
  const before = Object.getOwnPropertyNames(Object.prototype);
  const rows = ROWS.map(([a, b, c]) => `{"__proto__":${a},"constructor":${b},"x":${c}}`).join();
  const text = `{"rows":[${rows}],"hidden":[8],"epochs":2,"latent":1}`;
  const { id } = await (await app.ask("POST", TRAIN, text)).json();
  const polluted = JSON.stringify(body({})).replace("{", '{"__proto__":{"epochs":1},');
  await problemOf(await app.ask("POST", TRAIN, polluted), "invalid-body");
  app.work();
  assert.equal((await app.client.waitForJob(id)).state, "succeeded");
  assert.deepEqual((await app.client.model("m")).columns, ["__proto__", "constructor", "x"]);
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
});

Deno.test("train: a job that costs too much is refused before it is accepted, and again before it begins", async () => {
  await using app = await jobsApp({ limits: { maxWork: 1e8 } });
  const costly = [
    body({ epochs: 1e7 }),
    body({ hidden: [16_384, 16_384] }),
    body({ latent: 16_384, hidden: [16_384] }),
  ];
  for (const value of costly) {
    const start = performance.now();
    await problemOf(await app.ask("POST", TRAIN, value), "over-budget");
    assert.ok(performance.now() - start < 5000);
  }
  // Lines of text are counted at once; the size of a binary table is known only to its reader.
  const put = (name: string, bytes: Uint8Array<ArrayBuffer>) => app.client.putUpload(name, bytes);
  await put("long.csv", new TextEncoder().encode(`a,b\n${"1,2\n".repeat(50_000)}`));
  await problemOf(await app.ask("POST", TRAIN, { upload: "long.csv" }), "over-budget");
  await requireIdle(app);
  const long = encodeNpy(new Float64Array(100_000), [50_000, 2]);
  await put("long.npy", long);
  await problemOf(await app.ask("POST", TRAIN, { upload: "long.npy" }), "over-budget");
  await requireIdle(app);
  await put("long.npz", zipSync({ "X.npy": long }) as Uint8Array<ArrayBuffer>);
  const { id } = await app.client.train("m", { upload: "long.npz" });
  app.work();
  const job = await app.client.waitForJob(id);
  assert.deepEqual([job.state, job.attempt], ["failed", 1]);
  assert.match(job.error!, /at most 100000000 multiply-adds/);
});

Deno.test("train: columns of text cost as much as their levels, which a worker counts", async () => {
  const settings = { epochs: 2 };
  // Enough for 20 numeric columns, and some to spare.
  const maxWork = 2 * workOf({ rows: 601, columns: 20, settings });
  await using app = await jobsApp({ limits: { maxWork } });
  app.work();
  const cells = (r: number) => Array.from({ length: 20 }, (_, c) => `v${(r * 7 + c) % 60}`).join();
  const lines = Array.from({ length: 600 }, (_, r) => cells(r));
  const names = Array.from({ length: 20 }, (_, c) => `c${c}`).join();
  const file = new TextEncoder().encode([names, ...lines].join("\n"));
  await app.client.putUpload("texts.csv", file);
  const { id } = await app.client.train("m", { upload: "texts.csv" }, settings);
  const { state, error } = await app.client.waitForJob(id);
  assert.deepEqual([state, /600 rows of 1[0-9]{3} columns must take at most/.test(error!)], [
    ...["failed", true],
  ]);
});

Deno.test("train: a file that inflates beyond measure, or contains code, ends its job and nothing else", async () => {
  await using app = await jobsApp();
  app.work();
  const pickle = new Uint8Array([
    ...[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0],
    ...new TextEncoder().encode(
      "{'descr': '|O', 'fortran_order': False, 'shape': (10, 2), }".padEnd(117) + "\n",
    ),
    ...new TextEncoder().encode(
      "\x80\x03cos\nsystem\nq\x00X\x02\x00\x00\x00idq\x01\x85q\x02Rq\x03.",
    ),
  ]);
  await app.client.putUpload("code.npy", pickle);
  await app.client.putUpload("zip.npz", new Uint8Array([0x50, 0x4b, 3, 4, ...new Uint8Array(60)]));
  // 0.1 MB that inflate to 34 MB of zeros: one byte per cell, so 272 MB of float64.
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (17000000, 2), }".padEnd(117);
  const zeros = new Uint8Array(128 + 34_000_000);
  zeros.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  zeros.set(new TextEncoder().encode(`${header}\n`), 10);
  const bomb = zipSync({ "X.npy": zeros }, { level: 1 }) as Uint8Array<ArrayBuffer>;
  await app.client.putUpload("cells.npz", bomb);
  // And one whose member claims to be far longer than it is.
  const rows = encodeNpy(Float64Array.from(ROWS.flat()), [ROWS.length, 3]);
  const liar = zipSync({ "X.npy": rows }, { level: 1 }) as Uint8Array<ArrayBuffer>;
  const view = new DataView(liar.buffer, liar.byteOffset);
  for (let i = 0; i + 4 <= liar.length; i++) {
    if (view.getUint32(i, true) === rows.length) view.setUint32(i, 300_000_000, true);
  }
  await app.client.putUpload("bytes.npz", liar);
  const faults = {
    "code.npy": /^Cannot read code\.npy/,
    "zip.npz": /^Cannot read zip\.npz/,
    "bytes.npz": /^Cannot read bytes\.npz: ZIP member "X\.npy" .*intact/,
    "cells.npz": /^Cannot read cells\.npz .*at most 33554432 cells/,
  };
  for (const [upload, fault] of Object.entries(faults)) {
    const response = await app.ask("POST", TRAIN, { upload });
    if (response.status !== 202) {
      assert.match((await response.json()).detail, fault);
      continue;
    }
    const { state, error } = await app.client.waitForJob((await response.json()).id);
    assert.equal(state, "failed");
    assert.match(error!, fault);
  }
});

Deno.test("train: 1,000 asks at once fill the queue and no more; the others are told when to come back", async () => {
  await using app = await jobsApp({ queue: { maxJobs: 5 } });
  const asks = Array.from(
    { length: 1000 },
    () => app.ask("POST", TRAIN, body({ columns: COLUMNS })),
  );
  const responses = await Promise.all(asks), accepted = [];
  for (const response of responses) {
    if (response.status === 202) accepted.push((await response.json()).id);
    else {
      await problemOf(response, "queue-full");
      assert.match(response.headers.get("retry-after")!, /^\d+$/);
    }
  }
  assert.equal(accepted.length, 5);
  for (const id of accepted) await app.client.cancelJob(id);
  assert.equal((await app.ask("POST", TRAIN, body({}))).status, 202);
});

Deno.test("train: an alias cannot be trained; a job whose name became one fails with the reason", async () => {
  await using app = await jobsApp();
  app.work();
  const first = await app.client.train("first", ROWS, QUICK);
  assert.equal((await app.client.waitForJob(first.id)).state, "succeeded");
  const { id } = await app.client.train("second", ROWS, { ...QUICK, epochs: 2000 });
  await app.client.setAlias("second", { model: "first" });
  await problemOf(await app.ask("POST", "/v1/models/second/train", body({})), "conflict");
  const { state, error } = await app.client.waitForJob(id);
  assert.deepEqual([state, error], ["failed", "Cannot store model: its name is an alias"]);
});
