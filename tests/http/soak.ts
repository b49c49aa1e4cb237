/**
 * A server that scores, changes models and trains at once, for minutes: `elbow serve --train` in its own process, and
 * clients on loopback. Every score must belong to the version that its answer names, every job must succeed, and
 * nothing may be refused. In the end it reports how long scores took while a job ran, and otherwise.
 *
 *     deno task soak:http [MINUTES] [SEED]
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { createClient, digestOf } from "../../src/http/mod.ts";
import { planeRows } from "../util/data.ts";
import { type ElbowServer, serveElbow } from "../util/elbow_server.ts";

const COLUMNS = 8, CALLERS = 4, SWAP_MS = 100, REST_MS = 1000;
const ROWS = planeRows(200, COLUMNS, 5);
/** Some seconds of training. */
const TRAINING = { hidden: [32], latent: 4, epochs: 300, batchSize: 32 };

/** The results of a soak. */
export interface Soaked {
  /** Milliseconds of scores while a job ran, and of all others, ascending. */
  readonly training: readonly number[];
  readonly idle: readonly number[];
  readonly swaps: number;
  readonly jobs: number;
  readonly versions: number;
}

/** @throws AssertionError at the first wrong answer */
export async function soak(minutes: number, seed: number): Promise<Soaked> {
  const folder = await Deno.makeTempDir(), token = "soak-0123456789abcdef0123456789abcdef";
  const hash = await digestOf(new TextEncoder().encode(token));
  await Deno.writeTextFile(`${folder}/tokens`, `score,train,admin ${hash}`);
  const server = await start(folder);
  try {
    return await run({ url: server.url, token, minutes, seed });
  } finally {
    server.child.kill("SIGTERM");
    await server.child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

function start(folder: string): Promise<ElbowServer> {
  return serveElbow(["--train", "--db", `${folder}/elbow.db`, "--tokens", `${folder}/tokens`]);
}

interface Task {
  readonly url: string;
  readonly token: string;
  readonly minutes: number;
  readonly seed: number;
}

async function run({ url, token, minutes, seed }: Task): Promise<Soaked> {
  const client = createClient(url, { token }), end = performance.now() + minutes * 60_000;
  const models = await Promise.all(
    [1, 2].map((each) =>
      Detector.fit(ROWS, { preset: "small", hidden: [16], latent: 2, epochs: 20, seed: each })
    ),
  );
  const files = models.map((model) => new Uint8Array(model.save())),
    expected = new Map<string, Float64Array>();
  for (const [m, file] of files.entries()) {
    const scores = (await models[m].score(ROWS)).map(({ score }) => score);
    expected.set(await digestOf(file), Float64Array.from(scores));
  }
  await client.upload("swapped", files[0]);
  const took = { training: [] as number[], idle: [] as number[] }, seen = new Set<number>();
  let isTraining = false, swaps = 0, jobs = 0;
  // A busy machine gets the time to do something of everything.
  const isOver = () => performance.now() >= end && swaps > 1 && jobs > 0 && seen.size > 1;

  const score = async (caller: number) => {
    for (let r = caller; !isOver(); r = (r + 7) % ROWS.length) {
      const before = performance.now(), during = isTraining;
      const { rows: [{ score }], version, digest } = await client.score("swapped", [ROWS[r]]);
      // Scores that overlap the beginning or end of a job count for neither.
      if (during === isTraining) {
        took[during ? "training" : "idle"].push(performance.now() - before);
      }
      const want = expected.get(digest)![r];
      assert.ok(Math.abs(score - want) <= 1e-9 * Math.abs(want), `row ${r} of version ${version}`);
      seen.add(version);
    }
  };
  const swap = async () => {
    for (; !isOver(); await pause(SWAP_MS)) {
      const { version } = await client.upload("swapped", files[++swaps % 2]);
      if (version > 3) await client.delete({ name: "swapped", version: version - 3 });
    }
  };
  const train = async () => {
    for (; !isOver(); await pause(REST_MS)) {
      isTraining = true;
      const job = await client.train("made", ROWS, { ...TRAINING, seed: seed + jobs });
      const { state, error } = await client.waitForJob(job.id);
      isTraining = false;
      assert.equal(state, "succeeded", error);
      jobs++;
    }
  };
  await Promise.all([...Array.from({ length: CALLERS }, (_, i) => score(i)), swap(), train()]);
  const ascending = (list: number[]) => list.sort((a, b) => a - b);
  return {
    training: ascending(took.training),
    idle: ascending(took.idle),
    swaps,
    jobs,
    versions: seen.size,
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function told(sorted: readonly number[]): string {
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(2);
  return `${sorted.length} scores, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
}

if (import.meta.main) {
  const [minutes = "10", seed = "1"] = Deno.args;
  const { training, idle, swaps, jobs, versions } = await soak(Number(minutes), Number(seed));
  console.log(`${minutes} minutes: ${swaps} swaps, ${jobs} jobs, ${versions} versions answered`);
  console.log(`while a job ran: ${told(training)}`);
  console.log(`otherwise:       ${told(idle)}`);
}
