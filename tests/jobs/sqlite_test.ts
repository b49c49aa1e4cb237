/** The SQLite queue and store: the contract, and its own properties. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Registry } from "../../src/http/models/registry.ts";
import { VAE } from "../../mod.ts";
import { BLOB_PIECE, readBlob } from "../../src/storage/sqlite/blobs.ts";
import { Database } from "../../src/storage/sqlite/database.ts";
import { JobConflictError, type JobQueue, type Lease } from "../../src/storage/job_queue.ts";
import { digestOf } from "../../src/storage/model_store.ts";
import { openSqlite } from "../../src/storage/sqlite/mod.ts";
import { StorageFullError } from "../../src/storage/storage_full.ts";
import { bytesOf, newJob, queueContract } from "./contract.ts";
import { registryContract } from "./registry_contract.ts";

function tempFile(): [path: string, remove: () => void] {
  const folder = Deno.makeTempDirSync();
  return [`${folder}/jobs.db`, () => Deno.removeSync(folder, { recursive: true })];
}

queueContract("SQLite", (options) => {
  const [path, remove] = tempFile();
  const open = () => openSqlite(path, { now: Date.now, ...options }).queue;
  const queue = open();
  return Promise.resolve({
    queue,
    again: () => Promise.resolve(open()),
    async [Symbol.asyncDispose]() {
      await queue.close();
      remove();
    },
  });
});

Deno.test("SQLite: equal bytes are stored once, and removed with the last reference to them", async () => {
  const [path, remove] = tempFile();
  const { queue } = openSqlite(path, { now: Date.now });
  const db = new Database(path);
  const blobs = () => db.rows("SELECT bytes FROM blobs").length;
  await queue.uploads.put("o", "a.csv", bytesOf("rows"));
  await queue.enqueue(newJob("a"), bytesOf("rows"));
  await queue.enqueue(newJob("b"), bytesOf("rows"));
  assert.equal(blobs(), 1);
  await queue.uploads.delete("o", "a.csv");
  await queue.cancel("a");
  assert.equal(blobs(), 1);
  const lease = (await queue.claim(AbortSignal.timeout(1000)))!;
  for (const state of ["1", "2", "3"]) await queue.writeCheckpoint(lease, bytesOf(state));
  assert.equal(blobs(), 2);
  await queue.ack(lease, {});
  assert.equal(blobs(), 0);
  db.close();
  await queue.close();
  remove();
});

Deno.test("SQLite: finished jobs are forgotten after their time, with their output", async () => {
  const [path, remove] = tempFile();
  let now = 1e12;
  const { queue } = openSqlite(path, { now: () => now, keepSeconds: 10 });
  const db = new Database(path);
  await queue.enqueue(newJob("a"), bytesOf("x"));
  await queue.ack((await queue.claim(AbortSignal.timeout(1000)))!, {}, bytesOf("scores"));
  now += 11_000;
  assert.equal((await queue.find("a"))!.state, "succeeded");
  await queue.enqueue(newJob("b"), bytesOf("x"));
  assert.equal(await queue.find("a"), undefined);
  assert.equal(db.rows("SELECT bytes FROM blobs").length, 1, "the input of b; no output of a");
  db.close();
  await queue.close();
  remove();
});

Deno.test("SQLite: a file of another program is refused", () => {
  const [path, remove] = tempFile();
  Deno.writeTextFileSync(path, "this is no database, and long enough to be looked at ".repeat(20));
  assert.throws(() => openSqlite(path, { now: Date.now }), /^TypeError: Cannot open .*jobs\.db: /);
  remove();
});

Deno.test("SQLite: after a page is overwritten with zeros, the file is refused as damaged, or all its jobs are there", async () => {
  const [path, remove] = tempFile();
  const { queue, models } = openSqlite(path, { now: Date.now });
  const ids = Array.from({ length: 60 }, (_, i) => `job-${i}`);
  for (const id of ids) await queue.enqueue(newJob(id), bytesOf("x".repeat(5000)));
  await new Registry(models).put("m", VAE.create({ inputs: 2, latent: [{ size: 1 }] }).save());
  const jobs = await queue.unfinished("o");
  await queue.close();
  const sound = Deno.readFileSync(path), PAGE = 4096;
  let refused = 0;
  for (let at = PAGE; at < sound.length; at += PAGE) {
    const damaged = sound.slice();
    damaged.fill(0, at, at + PAGE);
    Deno.writeFileSync(path, damaged);
    try {
      const { queue } = openSqlite(path, { now: Date.now });
      assert.deepEqual(await queue.unfinished("o"), jobs, `page ${at / PAGE}`);
      await queue.close();
    } catch (error) {
      assert.match(
        `${error}`,
        /^TypeError: Cannot open .*jobs\.db: the file is damaged \(.+\): restore/,
      );
      refused++;
    }
  }
  // At least one page for each of a dozen trees; the rest is bytes that are checked by their digests.
  assert.ok(refused >= 12, `${refused} of ${sound.length / PAGE}`);
  remove();
});

registryContract("SQLite", () => {
  const [path, remove] = tempFile();
  const [one, two] = [1, 2].map(() => openSqlite(path, { now: Date.now }));
  return Promise.resolve({
    stores: [one.models, two.models],
    async [Symbol.asyncDispose]() {
      await one.queue.close();
      await two.queue.close();
      remove();
    },
  });
});

Deno.test("SQLite: a disk that is found to be full when a change is committed is a StorageFullError, and nothing changed", async () => {
  const [path, remove] = tempFile();
  const { queue } = openSqlite(path, { now: Date.now });
  await queue.uploads.put("o", "a.csv", bytesOf("old"));
  const { exec } = DatabaseSync.prototype;
  // As Deno reports it: without the number of the error.
  DatabaseSync.prototype.exec = function (sql) {
    if (sql !== "COMMIT") return exec.call(this, sql);
    throw Object.assign(new Error("database or disk is full"), { code: "ERR_SQLITE_ERROR" });
  };
  try {
    await assert.rejects(queue.uploads.put("o", "a.csv", bytesOf("new")), StorageFullError);
    await assert.rejects(queue.enqueue(newJob("a"), bytesOf("rows")), StorageFullError);
  } finally {
    DatabaseSync.prototype.exec = exec;
  }
  assert.deepEqual(await queue.uploads.read("o", "a.csv"), bytesOf("old"));
  assert.equal(await queue.find("a"), undefined);
  assert.equal((await queue.enqueue(newJob("a"), bytesOf("rows"))).isNew, true);
  await queue.close();
  remove();
});

Deno.test("SQLite: long bytes are stored in pieces, between which other work gets its turn", async () => {
  const [path, remove] = tempFile();
  const { queue } = openSqlite(path, { now: Date.now });
  const db = new Database(path), pieces = 5;
  const long = Uint8Array.from({ length: (pieces - 1) * BLOB_PIECE + 7 }, (_, i) => i % 251);
  const stored = () =>
    db.rows("SELECT length(bytes) AS bytes FROM blob_pieces").map(({ bytes }) => bytes);
  const turnsOf = async (work: () => Promise<unknown>) => {
    let turns = 0, isOver = false;
    const counting = (async () => {
      for (; !isOver; turns++) await new Promise((resolve) => void setTimeout(resolve));
    })();
    const value = await work().finally(() => isOver = true);
    await counting;
    return { turns, value };
  };
  const put = await turnsOf(() => queue.uploads.put("o", "a.csv", long));
  assert.ok(put.turns >= pieces - 1, `${put.turns}`);
  assert.deepEqual(stored(), [...Array(pieces - 2).fill(BLOB_PIECE), 7]);
  const read = await turnsOf(() => queue.uploads.read("o", "a.csv"));
  assert.ok(read.turns >= pieces - 1, `${read.turns}`);
  assert.deepEqual(read.value, long);
  for (const length of [BLOB_PIECE - 1, BLOB_PIECE, BLOB_PIECE + 1]) {
    await queue.uploads.put("o", "b.csv", long.subarray(0, length));
    assert.deepEqual(await queue.uploads.read("o", "b.csv"), long.subarray(0, length));
  }

  // What is refused leaves nothing, and takes nothing from what is being stored.
  await queue.enqueue(newJob("a"), bytesOf("rows"));
  const other = long.map((value) => value + 1);
  await Promise.all([
    assert.rejects(queue.enqueue(newJob("a"), other), JobConflictError),
    queue.enqueue(newJob("b"), other),
  ]);
  const [, lease] = [await claim(queue), await claim(queue)];
  assert.deepEqual(await queue.input(lease), other);
  await queue.ack(lease, {}, long);
  assert.deepEqual(await queue.output("b"), long);
  await queue.uploads.delete("o", "b.csv");
  assert.equal(stored().length, pieces - 1, "the upload and the output are the same bytes");
  await queue.uploads.delete("o", "a.csv");
  assert.deepEqual(await queue.output("b"), long);
  await queue.close();
  db.close();
  remove();
});

Deno.test("SQLite: while another process is writing, others work, and what waits is done afterwards", async () => {
  const [path, remove] = tempFile();
  const { queue, models } = openSqlite(path, { now: Date.now });
  await queue.enqueue(newJob("before"), bytesOf("x"));
  const lease = (await queue.claim(AbortSignal.timeout(1000)))!;
  const other = new DatabaseSync(path), done: string[] = [];
  other.exec("BEGIN IMMEDIATE");
  const waiting = [
    queue.enqueue(newJob("during"), bytesOf("y")).then(() => done.push("enqueue")),
    queue.heartbeat(lease).then(() => done.push("heartbeat")),
    queue.uploads.put("o", "a.csv", bytesOf("rows")).then(() => done.push("upload")),
    queue.cancel("unknown").then(() => done.push("cancel")),
    models.write("00", bytesOf("model") as Uint8Array<ArrayBuffer>).then(() => done.push("model")),
  ];
  for (let turn = 0; turn < 20; turn++) {
    assert.equal((await queue.find("before"))?.state, "running");
    assert.equal(await queue.find("during"), undefined);
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
  assert.deepEqual(done, []);
  other.exec("ROLLBACK");
  await Promise.all(waiting);
  assert.deepEqual(done.toSorted(), ["cancel", "enqueue", "heartbeat", "model", "upload"]);
  assert.equal((await queue.find("during"))?.state, "queued");
  other.close();
  await queue.close();
  remove();
});

Deno.test("SQLite: bytes that another process deletes while they are read are gone, not cut off", async () => {
  const [path, remove] = tempFile();
  const { queue } = openSqlite(path, { now: Date.now });
  const long = new Uint8Array(3 * BLOB_PIECE).fill(3), digest = await digestOf(long);
  const [db, other] = [new Database(path), new Database(path)];
  for (const statements of [1, 2, 3]) {
    await queue.uploads.put("o", "a.csv", long);
    let left = statements;
    const row: Database["row"] = (sql, ...values) => {
      const found = db.row(sql, ...values);
      if (--left === 0) {
        other.transaction(() => {
          for (const table of ["uploads", "blobs", "blob_pieces"]) {
            other.run(`DELETE FROM ${table}`);
          }
        });
      }
      return found;
    };
    const read = await readBlob({ row } as Database, digest);
    // By the third statement all has been read.
    assert.equal(read?.length, statements < 3 ? undefined : long.length);
  }
  for (const each of [db, other]) each.close();
  await queue.close();
  remove();
});

Deno.test("SQLite: pieces of a process that died are swept, and a file of format 1 is read", async () => {
  const [path, remove] = tempFile();
  const long = new Uint8Array(2 * BLOB_PIECE).fill(3), digest = await digestOf(long);
  const first = openSqlite(path, { now: Date.now });
  await first.queue.uploads.put("o", "a.csv", bytesOf("short"));
  const db = new Database(path);
  // As format 1 stored it.
  db.run("INSERT INTO blobs VALUES (?, ?)", digest, long);
  db.run("INSERT INTO uploads VALUES ('o', 'old.csv', ?, ?, 0)", digest, long.length);
  db.run("DROP TABLE blob_pieces");
  db.run("PRAGMA user_version = 1");
  db.close();
  await first.queue.close();
  const { queue } = openSqlite(path, { now: Date.now });
  assert.deepEqual(await queue.uploads.read("o", "old.csv"), long);
  assert.deepEqual(await queue.uploads.read("o", "a.csv"), bytesOf("short"));
  await queue.uploads.put("o", "again.csv", long);
  assert.deepEqual(await queue.uploads.read("o", "again.csv"), long);
  await queue.close();

  const again = new Database(path);
  again.run("INSERT INTO blob_pieces VALUES ('dead', 1, x'00')");
  again.close();
  const last = new Database(path);
  assert.equal(last.rows("SELECT 1 FROM blob_pieces WHERE digest = 'dead'").length, 0);
  last.close();
  remove();
});

async function claim(queue: JobQueue): Promise<Lease> {
  return (await queue.claim(AbortSignal.timeout(10_000)))!;
}
