/**
 * Jobs under a lease: renewal, waits after faults, and the end of cancelling. Oracle: the documented times and order.
 */
import assert from "node:assert/strict";
import { digestOf } from "../../src/http/mod.ts";
import { backoff, runLeased } from "../../src/jobs/leased_job.ts";
import { StorageBusyError } from "../../src/storage/storage_busy.ts";
import { StorageFullError } from "../../src/storage/storage_full.ts";
import { COLUMNS, jobsApp, QUICK, ROWS } from "./app.ts";
import { bytesOf, newJob } from "./contract.ts";

Deno.test("the wait after a fault doubles with every attempt, up to a minute", () => {
  assert.deepEqual([0, 1, 2, 3].map(backoff), [500, 1000, 2000, 4000]);
  assert.deepEqual([7, 20, 10_000].map(backoff), [60_000, 60_000, 60_000]);
});

Deno.test("a lease is renewed so often that two renewals may be missed", async () => {
  await using app = await jobsApp({ queue: { leaseMs: 15_000 } });
  await app.queue.enqueue(newJob("a"), bytesOf("x"));
  const lease = (await app.queue.claim(AbortSignal.timeout(1000)))!;
  const { setInterval } = globalThis, intervals: number[] = [];
  globalThis.setInterval = ((act: () => void, ms: number) => {
    intervals.push(ms);
    return setInterval(act, ms);
  }) as typeof setInterval;
  try {
    const { signal } = new AbortController();
    const never = () => Promise.reject(new TypeError("Not needed"));
    const options = { queue: app.queue, publish: never, read: never, signal };
    await runLeased(lease, options, () => Promise.resolve());
  } finally {
    globalThis.setInterval = setInterval;
  }
  // The queue looks for changes much more often.
  assert.equal(Math.max(...intervals), 5000);
});

Deno.test("a job whose model is being published can no longer be cancelled", async () => {
  await using app = await jobsApp();
  const asked = { rows: ROWS, columns: COLUMNS, ...QUICK };
  const { id } = await (await app.ask("POST", "/v1/models/pumps/train", asked)).json();
  let state: string | undefined;
  app.work({
    publish: async (_name, bytes, job) => {
      state = (await app.queue.cancel(job))!.state;
      return { version: 1, digest: await digestOf(bytes) };
    },
  });
  const events = await Array.fromAsync(app.client.jobEvents(id));
  assert.deepEqual([state, events.at(-1)!.type], ["running", "succeeded"]);
});

const FAULTS = [
  ["full disk", new StorageFullError(undefined), "Cannot store: the disk is full"],
  [
    "busy store",
    new StorageBusyError(undefined),
    "Cannot store: another process is writing to the store",
  ],
] as const;

for (const [name, fault, reason] of FAULTS) {
  Deno.test(`training goes on if a ${name} takes neither checkpoint nor progress`, async () => {
    await using app = await jobsApp();
    const asked = { rows: ROWS, columns: COLUMNS, ...QUICK };
    const { id } = await (await app.ask("POST", "/v1/models/pumps/train", asked)).json();
    const refuse = () => Promise.reject(fault);
    const reasons: unknown[] = [];
    const queue = new Proxy(app.queue, {
      get(target, name) {
        if (name === "writeCheckpoint" || name === "progress") return refuse;
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    app.work({
      queue,
      log: ({ event, reason }) => void (event === "fault" && reasons.push(reason)),
    });
    const { state, attempt, error } = await app.client.waitForJob(id);
    assert.deepEqual([state, attempt], ["succeeded", 1], error);
    assert.deepEqual([...new Set(reasons)], [reason]);
  });
}
