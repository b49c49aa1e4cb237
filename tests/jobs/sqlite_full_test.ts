/**
 * A SQLite file on a full disk. The disk is full for commits while the reserve is on it, as SQLite reports it on Deno.
 * Oracle: what is left, and the size of the file.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { digestOf } from "../../src/storage/model_store.ts";
import { Database } from "../../src/storage/sqlite/database.ts";
import { openSqlite } from "../../src/storage/sqlite/mod.ts";
import { StorageFullError } from "../../src/storage/storage_full.ts";
import { bytesOf, newJob } from "./contract.ts";

const FULL = "database or disk is full";

/** Lets commits, or what else `fails`, fail while `isFull`. */
function failing(isFull: () => boolean, message = FULL, fails = /^COMMIT$/): Disposable {
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (sql) {
    if (!fails.test(sql) || !isFull()) return exec.call(this, sql);
    throw Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR" });
  };
  return { [Symbol.dispose]: () => void (DatabaseSync.prototype.exec = exec) };
}

Deno.test("SQLite: on a full disk, uploads, models and jobs can be deleted, and nothing else is stored", async () => {
  const folder = Deno.makeTempDirSync(), path = `${folder}/jobs.db`, reserve = `${path}-reserve`;
  const { queue, models } = openSqlite(path, { now: Date.now });
  await queue.uploads.put("o", "a.csv", bytesOf("rows"));
  await queue.enqueue(newJob("a"), bytesOf("other rows"));
  const digest = await digestOf(bytesOf("model"));
  await models.write(digest, bytesOf("model"));
  const { size } = Deno.statSync(reserve);
  assert.equal(size, 8 * 2 ** 20);
  {
    using _full = failing(() => existsSync(reserve));
    assert.equal(await queue.uploads.delete("o", "a.csv"), true);
    assert.equal((await queue.cancel("a"))?.state, "cancelled");
    const { index, revision } = await models.readIndex();
    assert.equal(await models.replaceIndex(index, revision), true);
    await models.remove(digest);
    await assert.rejects(queue.uploads.put("o", "b.csv", bytesOf("new")), StorageFullError);
    await assert.rejects(models.write(digest, bytesOf("model")), StorageFullError);
  }
  assert.equal(await queue.uploads.read("o", "a.csv"), undefined);
  assert.equal(await models.read(digest), undefined);
  assert.equal(Deno.statSync(reserve).size, size, "the room is kept again");
  await queue.close();
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("SQLite: what is deleted on a full disk goes back to it, so that something else can be stored", async () => {
  const folder = Deno.makeTempDirSync(), path = `${folder}/jobs.db`;
  const { queue } = openSqlite(path, { now: Date.now });
  const long = new Uint8Array(3 * 2 ** 20).fill(7);
  await queue.uploads.put("o", "a.csv", long);
  await queue.uploads.delete("o", "a.csv");
  const db = new Database(path), pages = () => Number(db.row("PRAGMA page_count")!.page_count);
  const before = pages();
  let failures = 0;
  {
    using _full = failing(() => failures++ === 0);
    await queue.uploads.put("o", "b.csv", bytesOf("new"));
  }
  assert.deepEqual(await queue.uploads.read("o", "b.csv"), bytesOf("new"));
  assert.ok(4096 * (before - pages()) >= long.length, `${before} pages, then ${pages()}`);
  db.close();
  await queue.close();
  Deno.removeSync(folder, { recursive: true });
});

// What Deno 2.9.6 reports on a full tmpfs: the first with the log of a killed process, the second without any.
for (const message of [FULL, "disk I/O error"]) {
  Deno.test(`SQLite: a file on a full disk can be opened again (${message})`, async () => {
    const folder = Deno.makeTempDirSync(), path = `${folder}/jobs.db`, reserve = `${path}-reserve`;
    const first = openSqlite(path, { now: Date.now });
    await first.queue.uploads.put("o", "a.csv", bytesOf("rows"));
    await first.queue.close();
    {
      using _full = failing(() => existsSync(reserve), message, /journal_mode/);
      const { queue } = openSqlite(path, { now: Date.now });
      assert.equal(await queue.uploads.delete("o", "a.csv"), true);
      await queue.close();
    }
    assert.ok(existsSync(reserve), "the room is kept again");
    Deno.removeSync(folder, { recursive: true });
  });
}
