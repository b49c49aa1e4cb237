/** The system clock is set back or ahead while jobs wait and run. Oracle: what happens if it is not. */
import assert from "node:assert/strict";
import { natsModels } from "../../src/storage/nats/models.ts";
import type { Namespace } from "../../src/storage/nats/namespace.ts";
import { addToTotals, readTotals } from "../../src/storage/nats/totals.ts";
import { openSqlite } from "../../src/storage/sqlite/mod.ts";
import { indexText } from "../../src/storage/index_text.ts";
import { EMPTY_INDEX } from "../../src/storage/model_store.ts";
import { bytesOf, newJob } from "./contract.ts";

const HOUR = 3_600_000;

/** A queue in memory whose clock the test sets. */
function clocked() {
  const clock = { ms: 1e12 };
  return { clock, queue: openSqlite(":memory:", { now: () => clock.ms, leaseMs: 1000 }).queue };
}

/** Long enough for a job that may be claimed. */
const soon = () => AbortSignal.timeout(200);

Deno.test("SQLite: jobs that wait are claimed at once if the clock is set back, whatever they waited for", async () => {
  const { clock, queue } = clocked();
  await queue.enqueue(newJob("retried"), bytesOf("x"));
  const first = (await queue.claim(soon()))!;
  await queue.nack(first, { reason: "", retry: true, delayMs: 30 * HOUR });
  assert.equal(await queue.claim(soon()), undefined);
  await queue.enqueue(newJob("queued"), bytesOf("x"));
  clock.ms -= 3 * HOUR;
  for (const id of ["retried", "queued"]) assert.equal((await queue.claim(soon()))?.job.id, id);
  await queue.close();
});

Deno.test("SQLite: a delay is a minute at most", async () => {
  const { clock, queue } = clocked();
  await queue.enqueue(newJob("a"), bytesOf("x"));
  const lease = (await queue.claim(soon()))!;
  await queue.nack(lease, { reason: "", retry: true, delayMs: 30 * HOUR });
  clock.ms += 59_000;
  assert.equal(await queue.claim(soon()), undefined);
  clock.ms += 1000;
  assert.equal((await queue.claim(soon()))?.job.id, "a");
  await queue.close();
});

Deno.test("SQLite: if the clock is set back, a worker that lives keeps its job, and that of a dead one is claimed", async () => {
  const { clock, queue } = clocked();
  for (const id of ["dead", "alive"]) await queue.enqueue(newJob(id), bytesOf("x"));
  await queue.claim(soon());
  const alive = (await queue.claim(soon()))!;
  clock.ms -= 3 * HOUR;
  await queue.heartbeat(alive);
  assert.equal(await queue.claim(soon()), undefined);
  clock.ms += 500;
  await queue.heartbeat(alive);
  clock.ms += 500;
  assert.equal((await queue.claim(soon()))?.job.id, "dead");
  await queue.heartbeat(alive);
  await queue.close();
});

Deno.test("SQLite: if the clock is set ahead, a worker keeps its job unless another claims it, which goes on", async () => {
  const { clock, queue } = clocked();
  await queue.enqueue(newJob("a"), bytesOf("x"));
  const first = (await queue.claim(soon()))!;
  await queue.writeCheckpoint(first, bytesOf("state"));
  clock.ms += 5 * HOUR;
  await queue.heartbeat(first);
  assert.equal(await queue.claim(soon()), undefined);
  clock.ms += 5 * HOUR;
  const second = (await queue.claim(soon()))!;
  assert.deepEqual(await queue.readCheckpoint(second), bytesOf("state"));
  await assert.rejects(queue.heartbeat(first), { name: "LeaseLostError" });
  await queue.close();
});

Deno.test("the time that jobs took never falls, whatever the clock does", async () => {
  const { clock, queue } = clocked();
  const took = async (ms: number) => {
    await queue.enqueue(newJob(`job${ms}`), bytesOf("x"));
    const lease = (await queue.claim(soon()))!;
    clock.ms += ms;
    await queue.ack(lease, {});
    return (await queue.stats()).finished.map(({ count, seconds }) => [count, seconds]);
  };
  assert.deepEqual(await took(2000), [[1, 2]]);
  assert.deepEqual(await took(-HOUR), [[2, 2]]);
  await queue.close();

  let value = "";
  const kv = {
    get: () => Promise.resolve(value ? { json: () => JSON.parse(value), revision: 1 } : null),
    put: (_: string, text: string) => Promise.resolve(value = text),
  } as unknown as Parameters<typeof addToTotals>[0];
  const at = (seconds: number) => new Date(1e12 + 1000 * seconds).toISOString();
  for (const [id, end] of [["a", 2], ["b", -3600]] as const) {
    const times = { created: at(0), started: at(0), finished: at(end) };
    await addToTotals(kv, { ...newJob(id), ...times, state: "succeeded", attempt: 1 });
  }
  const [{ count, seconds }] = await readTotals(kv);
  assert.deepEqual([count, seconds], [2, 2]);
});

Deno.test("NATS: an index is read again when it is old, also if the clock was set back", async () => {
  const clock = { ms: 1e12 };
  let reads = 0;
  const state = {
    get() {
      reads++;
      const entry = { operation: "PUT", revision: 1, string: () => indexText(EMPTY_INDEX) };
      return Promise.resolve(entry);
    },
    // A watch that says nothing, as after an outage that it did not notice.
    watch: () => Promise.resolve(ReadableStream.from([])),
  };
  const models = await natsModels({ state } as unknown as Namespace, () => clock.ms);
  await models.readIndex();
  assert.equal(reads, 1);
  for (const jump of [-3 * HOUR, 3 * HOUR]) {
    const before: number = reads;
    clock.ms += jump;
    await models.readIndex();
    assert.equal(reads, before + 1);
    await models.readIndex();
    assert.equal(reads, before + 1);
  }
});
