/** What every JobQueue promises, as tests that all implementations must pass. Oracle: the text of `job_queue.ts`. */
import assert from "node:assert/strict";
import {
  type JobEvent,
  type JobQueue,
  type Lease,
  LeaseLostError,
  type NewJob,
  QueueFullError,
} from "../../src/storage/job_queue.ts";
import { isOver, MAX_ATTEMPTS } from "../../src/storage/job_rules.ts";

/** Opens an empty queue for a test; `again` opens the same storage once more, as another process would. */
interface OpenedQueue extends AsyncDisposable {
  readonly queue: JobQueue;
  again(): Promise<JobQueue>;
}

interface QueueOptions {
  readonly maxJobs?: number;
  readonly leaseMs?: number;
}

const NEVER = new AbortController().signal;
const INPUT = new TextEncoder().encode("input");

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
export const bytesOf = (value: string) => new TextEncoder().encode(value);

export function newJob(id: string, part: Partial<NewJob> = {}): NewJob {
  return { id, kind: "train", model: "m", owner: "o", spec: { epochs: 3 }, ...part };
}

/** The events of a job that has ended. */
async function eventsOf(queue: JobQueue, id: string, after = 0): Promise<JobEvent[]> {
  return await Array.fromAsync(queue.events(id, after, NEVER));
}

async function claimed(queue: JobQueue): Promise<Lease> {
  return (await queue.claim(AbortSignal.timeout(10_000)))!;
}

/** Asserts that there is nothing to claim. */
async function requireIdle(queue: JobQueue): Promise<void> {
  assert.equal(await queue.claim(AbortSignal.timeout(200)), undefined);
}

type Open = (options?: QueueOptions) => Promise<OpenedQueue>;
type Step = [name: string, test: (open: Open) => Promise<void>];

const STEPS: readonly Step[] = [
  ["a job goes from queued to succeeded, and its events say so", async (open) => {
    await using opened = await open();
    const { queue } = opened;
    const { job, isNew } = await queue.enqueue(newJob("a"), INPUT);
    assert.deepEqual([job.state, isNew, job.attempt, job.spec], ["queued", true, 0, { epochs: 3 }]);
    const watching = eventsOf(queue, "a");
    const lease = await claimed(queue);
    assert.deepEqual([lease.job.id, lease.job.state, lease.attempt], ["a", "running", 1]);
    assert.equal(text(await queue.input(lease)), "input");
    await queue.progress(lease, { epoch: 1 });
    assert.deepEqual((await queue.find("a"))!.progress, { epoch: 1 });
    await queue.seal(lease);
    await queue.ack(lease, { version: 7 }, bytesOf("out"));
    const done = (await queue.find("a"))!;
    assert.deepEqual([done.state, done.result, isOver(done.state)], [
      "succeeded",
      { version: 7 },
      true,
    ]);
    assert.ok(done.created <= done.started! && done.started! <= done.finished!);
    assert.equal(text(await queue.output("a")), "out");
    const events = await watching;
    assert.deepEqual(events.map(({ type, data }) => [type, data]), [
      ["queued", {}],
      ["running", { attempt: 1 }],
      ["progress", { epoch: 1 }],
      ["succeeded", { version: 7 }],
    ]);
    assert.ok(events.every(({ id }, i) => i === 0 || id > events[i - 1].id));
    assert.deepEqual(await eventsOf(queue, "a", events[1].id), events.slice(2));
    assert.deepEqual(await eventsOf(queue, "a", events[3].id), []);
    await requireIdle(queue);
  }],
  ["a repeated request is one job, and another job with the same id is refused", async (open) => {
    await using opened = await open();
    const { queue } = opened;
    const asks = await Promise.all([1, 2, 3].map(() => queue.enqueue(newJob("a"), INPUT)));
    assert.equal(asks.filter(({ isNew }) => isNew).length, 1);
    const conflict = { name: "JobConflictError" };
    await assert.rejects(queue.enqueue(newJob("a", { model: "n" }), INPUT), conflict);
    await assert.rejects(queue.enqueue(newJob("a"), bytesOf("other")), conflict);
    await claimed(queue);
    await requireIdle(queue);
    assert.equal((await queue.enqueue(newJob("a"), INPUT)).job.state, "running");
  }],
  ["each job is claimed once, in order, by any number of workers", async (open) => {
    await using opened = await open();
    const other = await opened.again();
    for (let i = 0; i < 6; i++) await opened.queue.enqueue(newJob(`j${i}`), INPUT);
    const leases = await Promise.all(
      [opened.queue, other, opened.queue, other, other, opened.queue].map((queue) =>
        claimed(queue)
      ),
    );
    assert.deepEqual(leases.map(({ job }) => job.id).sort(), ["j0", "j1", "j2", "j3", "j4", "j5"]);
    await requireIdle(other);
    await other.close();
  }],
  [
    "after a lease has expired, another worker has the job, and the first cannot change it",
    async (open) => {
      await using opened = await open({ leaseMs: 1000 });
      const { queue } = opened;
      await queue.enqueue(newJob("a"), INPUT);
      const first = await claimed(queue);
      await queue.writeCheckpoint(first, bytesOf("half"));
      const revoked = queue.revoked(first, NEVER);
      const second = await claimed(queue);
      assert.equal(second.attempt, 2);
      assert.equal(text(await queue.readCheckpoint(second)), "half");
      await revoked;
      for (
        const say of [
          () => queue.heartbeat(first),
          () => queue.progress(first, {}),
          () => queue.seal(first),
          () => queue.ack(first, {}),
          () => queue.nack(first, { reason: "x", retry: false }),
        ]
      ) await assert.rejects(say(), LeaseLostError);
      await queue.ack(second, { by: 2 });
      assert.deepEqual((await queue.find("a"))!.result, { by: 2 });
    },
  ],
  ["a heartbeat renews a lease", async (open) => {
    await using opened = await open({ leaseMs: 1000 });
    const { queue } = opened;
    await queue.enqueue(newJob("a"), INPUT);
    const lease = await claimed(queue);
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await queue.heartbeat(lease);
    }
    await requireIdle(queue);
    await queue.ack(lease, {});
  }],
  [
    "a job that fails is tried again or ends; a release does not count as a failure",
    async (open) => {
      await using opened = await open();
      const { queue } = opened;
      await queue.enqueue(newJob("a"), INPUT);
      for (let i = 0; i < MAX_ATTEMPTS + 2; i++) {
        await queue.nack(await claimed(queue), { reason: "stops", retry: true, isRelease: true });
      }
      await queue.nack(await claimed(queue), { reason: "passes", retry: true });
      await queue.nack(await claimed(queue), { reason: "bad rows", retry: false });
      const job = (await queue.find("a"))!;
      assert.deepEqual([job.state, job.error], ["failed", "bad rows"]);
      assert.deepEqual((await eventsOf(queue, "a")).at(-1)!.data, { error: "bad rows" });
    },
  ],
  ["a job that fails is tried again after its delay, not before", async (open) => {
    await using opened = await open();
    const { queue } = opened;
    await queue.enqueue(newJob("a"), INPUT);
    await queue.nack(await claimed(queue), { reason: "passes", retry: true, delayMs: 1000 });
    await requireIdle(queue);
    assert.equal((await claimed(queue)).attempt, 2);
  }],
  ["a job that keeps failing without progress is given up", async (open) => {
    await using opened = await open();
    const { queue } = opened;
    await queue.enqueue(newJob("a"), INPUT);
    let lease = await claimed(queue);
    await queue.nack(lease, { reason: "fault", retry: true });
    lease = await claimed(queue);
    // A new checkpoint is progress, so attempts are counted from zero again.
    await queue.writeCheckpoint(lease, bytesOf("half"));
    for (let i = 0; i < MAX_ATTEMPTS; i++) {
      await queue.nack(lease, { reason: "fault", retry: true });
      lease = await claimed(queue);
    }
    await queue.nack(lease, { reason: "fault", retry: true });
    assert.equal((await queue.find("a"))!.state, "failed");
  }],
  ["cancelling ends a job in any state, unless it is sealed", async (open) => {
    await using opened = await open();
    const { queue } = opened, other = await opened.again();
    for (const id of ["a", "b", "c"]) await queue.enqueue(newJob(id), INPUT);
    assert.equal((await queue.cancel("a"))!.state, "cancelled");
    const lease = await claimed(queue);
    assert.equal(lease.job.id, "b");
    const revoked = queue.revoked(lease, NEVER);
    assert.equal((await other.cancel("b"))!.state, "cancelled");
    await revoked;
    await assert.rejects(queue.ack(lease, {}), LeaseLostError);
    const last = await claimed(queue);
    await queue.seal(last);
    assert.equal((await queue.cancel("c"))!.state, "running");
    await queue.ack(last, {});
    assert.equal((await queue.cancel("c"))!.state, "succeeded");
    assert.equal(await queue.cancel("none"), undefined);
    assert.equal(await queue.find("none"), undefined);
    assert.deepEqual(await eventsOf(queue, "none"), []);
    await requireIdle(queue);
    await other.close();
  }],
  ["a sealed job whose worker has died can be cancelled once another has it", async (open) => {
    await using opened = await open({ leaseMs: 50 });
    const { queue } = opened;
    await queue.enqueue(newJob("a"), INPUT);
    await queue.seal(await claimed(queue));
    const lease = await claimed(queue);
    assert.equal(lease.attempt, 2);
    assert.equal((await queue.cancel("a"))!.state, "cancelled");
    await assert.rejects(queue.ack(lease, {}), LeaseLostError);
  }],
  ["a full queue refuses jobs, and has room again when one ends", async (open) => {
    await using opened = await open({ maxJobs: 2 });
    const { queue } = opened;
    await queue.enqueue(newJob("a"), INPUT);
    await queue.enqueue(newJob("b"), INPUT);
    await assert.rejects(queue.enqueue(newJob("c"), INPUT), QueueFullError);
    assert.equal((await queue.enqueue(newJob("a"), INPUT)).isNew, false);
    await queue.cancel("a");
    assert.equal((await queue.enqueue(newJob("c"), INPUT)).isNew, true);
  }],
  [
    "an owner's unfinished jobs are theirs, the oldest first, and go with their ends",
    async (open) => {
      await using opened = await open();
      const { queue } = opened;
      const ids = async (owner: string) => {
        const jobs = await queue.unfinished(owner);
        assert.ok(jobs.every(({ created }, i) => i === 0 || jobs[i - 1].created <= created));
        return jobs.map(({ id }) => id).sort();
      };
      for (const id of ["c", "a", "b"]) await queue.enqueue(newJob(id), INPUT);
      await queue.enqueue(newJob("theirs", { owner: "p" }), INPUT);
      await queue.enqueue(newJob("part", { owner: "", kind: "part" }), INPUT);
      assert.deepEqual([await ids("o"), await ids("p"), await ids("q")], [
        ["a", "b", "c"],
        ["theirs"],
        [],
      ]);
      const lease = await claimed(queue);
      const running = (await queue.unfinished("o")).filter(({ state }) => state === "running");
      assert.deepEqual(running.map(({ id }) => id), ["c"]);
      await queue.ack(lease, {});
      await queue.cancel("b");
      assert.deepEqual(await ids("o"), ["a"]);
    },
  ],
  ["accepted jobs are still there for another process", async (open) => {
    await using opened = await open();
    await opened.queue.enqueue(newJob("a"), INPUT);
    const later = await opened.again();
    const lease = await claimed(later);
    assert.equal(text(await later.input(lease)), "input");
    await later.nack(lease, { reason: "stops", retry: true, isRelease: true });
    assert.equal((await opened.queue.find("a"))!.state, "queued");
    await later.close();
  }],
  ["uploads belong to their owner, by name", async (open) => {
    await using opened = await open();
    const { uploads } = opened.queue;
    const first = await uploads.put("o", "a.csv", bytesOf("1"));
    assert.deepEqual([first.name, first.bytes, first.digest.length], ["a.csv", 1, 64]);
    await uploads.put("o", "a.csv", bytesOf("22"));
    await uploads.put("p", "a.csv", bytesOf("333"));
    assert.equal(text(await uploads.read("o", "a.csv")), "22");
    assert.deepEqual((await uploads.list("o")).map(({ name, bytes }) => [name, bytes]), [[
      "a.csv",
      2,
    ]]);
    assert.equal(await uploads.delete("o", "a.csv"), true);
    assert.equal(await uploads.delete("o", "a.csv"), false);
    assert.equal(await uploads.read("o", "a.csv"), undefined);
    assert.equal(text(await uploads.read("p", "a.csv")), "333");
  }],
  ["statistics count waiting and running jobs, and how others have ended", async (open) => {
    await using opened = await open();
    const { queue } = opened;
    for (const id of ["a", "b", "c", "d"]) await queue.enqueue(newJob(id), INPUT);
    await queue.ack(await claimed(queue), {});
    await queue.nack(await claimed(queue), { reason: "x", retry: false });
    await claimed(queue);
    const { queued, running, finished } = await queue.stats();
    assert.deepEqual([queued, running], [1, 1]);
    assert.deepEqual(finished.map(({ state, count }) => [state, count]).sort(), [
      ["failed", 1],
      ["succeeded", 1],
    ]);
    assert.ok(finished.every(({ seconds }) => seconds >= 0 && seconds < 60));
  }],
];

/** Registers the tests for one implementation. */
export function queueContract(name: string, open: Open): void {
  for (const [step, test] of STEPS) Deno.test(`${name}: ${step}`, () => test(open));
}
