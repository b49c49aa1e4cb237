/** `elbow worker`: how many jobs it runs at once. Oracle: the order of what it logs. */
import assert from "node:assert/strict";
import { createApp } from "../../src/http/mod.ts";
import { openSqlite } from "../../src/storage/sqlite/mod.ts";
import { Folder } from "../cli/util.ts";
import { COLUMNS, QUICK, ROWS, TOKEN, TOKENS } from "./app.ts";
import { until, WorkerProcess } from "./worker_process.ts";

/** What a worker logs of three jobs that all wait when it starts. */
async function eventsOf(...options: readonly string[]): Promise<readonly string[]> {
  using folder = new Folder();
  const db = folder.at("jobs.db"), { queue, models } = openSqlite(db, { now: Date.now });
  const app = createApp({ models, tokens: TOKENS, training: { queue } });
  for (const name of ["a", "b", "c"]) {
    const response = await app.request(`/v1/models/${name}/train`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN.all}`, "content-type": "application/json" },
      body: JSON.stringify({ rows: ROWS, columns: COLUMNS, ...QUICK, epochs: 10_000 }),
    });
    assert.equal(response.status, 202);
    await response.body?.cancel();
  }
  const worker = new WorkerProcess("--db", db, ...options);
  const ended = () => worker.entries.filter(({ event }) => event === "succeeded").length;
  try {
    await until(() => ended() === 3);
  } finally {
    await worker.kill();
    await queue.close();
  }
  return worker.entries.map(({ event }) => event);
}

Deno.test("elbow worker runs one job at a time, and as many as --jobs says", async () => {
  const one = ["claimed", "trained", "succeeded"];
  assert.deepEqual(await eventsOf(), [...one, ...one, ...one]);
  const three = await eventsOf("--jobs", "3");
  assert.deepEqual(three.slice(0, 3), ["claimed", "claimed", "claimed"]);
});
