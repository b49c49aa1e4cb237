/**
 * More than one machine: three NATS servers, an edge server that cannot train, two workers and twenty jobs. The leader
 * of the work queue and one worker are killed with SIGKILL while they work. All twenty models must be correct: the
 * bytes of a direct run, one version each, none trained to the end twice, none lost.
 */
import assert from "node:assert/strict";
import { jetstreamManager } from "npm:@nats-io/jetstream@3.4.0";
import { connect } from "npm:@nats-io/transport-node@3.4.0";
import { Detector } from "../../mod.ts";
import { createApp, createClient, digestOf, type JobInfo } from "../../src/http/mod.ts";
import { openNats } from "../../src/storage/nats/mod.ts";
import { testUnless } from "../util/skip.ts";
import { COLUMNS, ROWS, TOKEN, TOKENS } from "./app.ts";
import { type Cluster, cluster, HAS_NATS } from "./nats_servers.ts";
import { until, WorkerProcess } from "./worker_process.ts";

const JOBS = 20;
const OPTIONS = { hidden: [8], latent: 2, epochs: 300, batchSize: 16, columns: [...COLUMNS] };

const workerOf = (urls: string) => new WorkerProcess("--nats", urls, "--lease", "2");

async function leaderOf({ servers, urls }: Cluster, stream: string) {
  const connection = await connect({ servers: urls.replaceAll("nats://", "").split(",") });
  const manager = await jetstreamManager(connection);
  const { cluster } = await manager.streams.info(stream);
  await connection.close();
  return servers.find(({ name }) => name === cluster!.leader)!;
}

testUnless(
  HAS_NATS ? undefined : "there is no nats-server",
  "twenty jobs on three NATS servers and two workers survive the loss of the leader and one worker",
  async () => {
    await using nats = await cluster();
    const { queue, models } = await openNats(nats.urls, { now: Date.now, leaseMs: 2000 });
    const app = createApp({ models, tokens: TOKENS, training: { queue } });
    const client = createClient("http://localhost", {
      token: TOKEN.all,
      fetch: (url, init) => app.request(url, init),
    });
    const workers = [workerOf(nats.urls), workerOf(nats.urls)];
    await using _ending = {
      async [Symbol.asyncDispose]() {
        for (const worker of workers) await worker.kill();
      },
    };
    const jobs: JobInfo[] = [];
    for (let seed = 0; seed < JOBS; seed++) {
      jobs.push(await client.train(`m${seed % 3}`, ROWS, { ...OPTIONS, seed }, `key-${seed}`));
    }
    const [doomed, left] = workers;
    const done = () =>
      workers.flatMap(({ entries }) => entries).filter(({ event }) => event === "succeeded");
    await until(() => done().length >= 3);
    const leader = await leaderOf(nats, "elbow_work");
    await leader.kill();
    // In the middle of a job: claimed, and not trained yet.
    const isBusy = () => doomed.entries.at(-1)?.event === "claimed";
    await until(() => isBusy() || done().length > JOBS - 4);
    await doomed.kill();

    for (const [seed, { id }] of jobs.entries()) {
      const { state, result, error, attempt } = await client.waitForJob(id);
      assert.equal(state, "succeeded", error);
      const direct = await Detector.fit(ROWS, { preset: "small", ...OPTIONS, seed });
      assert.equal(result!.digest, await digestOf(direct.save()), `job ${seed}, ${attempt} claims`);
    }
    for (let m = 0; m < 3; m++) {
      const theirs: string[] = jobs.filter(({ model }) => model === `m${m}`).map(({ id }) => id);
      const published = async () => (await client.versions(`m${m}`)).versions.map(({ job }) => job);
      // The index that a server caches may be a second old, and the news of the last version lost with the leader.
      for (const start = Date.now(); (await published()).length < theirs.length;) {
        assert.ok(Date.now() - start < 20_000, `m${m} has fewer versions than jobs`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.deepEqual((await published()).sort(), theirs.sort());
    }
    await left.kill("SIGTERM");
    const entries = workers.flatMap(({ entries }) => entries);
    // Before it is killed, the worker may have finished training without publishing. Another worker then continues from
    // the last checkpoint, and logs the end of training too.
    const last = doomed.entries.at(-1)!;
    for (const { id } of jobs) {
      const trained = entries.filter(({ job, event }) => job === id && event === "trained");
      const wasCut = last.event === "trained" && last.job === id;
      const all = JSON.stringify(entries.filter(({ job }) => job === id));
      assert.equal(trained.length, wasCut ? 2 : 1, all);
    }
    const { queued, running } = await queue.stats();
    assert.deepEqual([queued, running], [0, 0]);
    const claims = entries.filter(({ event }) => event === "claimed").length;
    console.log(`${JOBS} jobs in ${claims} claims; ${leader.name} and a worker were killed`);
    await queue.close();
  },
);
