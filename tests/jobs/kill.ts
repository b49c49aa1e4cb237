/**
 * A campaign of kills: a server with an embedded queue is killed at random moments, while jobs are accepted, trained,
 * published and acknowledged, and started again with the same file.
 *
 *     deno task jobs:kill            100 kills
 *     deno task jobs:kill 20 7       20 kills, seed 7
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { ApiError, createClient, digestOf } from "../../src/http/mod.ts";
import { COLUMNS, ROWS, TOKEN, TOKENS, uniforms } from "./app.ts";
import { type ElbowServer, serveElbow } from "../util/elbow_server.ts";

/** The number of unfinished jobs while the server is being killed. */
const WAITING = 5;
/** Long enough that most kills happen during training. */
const OPTIONS = { hidden: [8], latent: 2, epochs: 1000, batchSize: 16 };

function start(folder: string): Promise<ElbowServer> {
  return serveElbow([
    ...["--db", `${folder}/jobs.db`, "--train", "--tokens", `${folder}/tokens`],
    ...["--lease", "0.5", "--checkpoint-every", "0.05"],
  ]);
}

/** @returns what happened, in one line */
export async function killCampaign(kills: number, seed: number): Promise<string> {
  const folder = await Deno.makeTempDir();
  const lines = TOKENS.map(({ hash, scopes }) => `${scopes.join()} ${hash}`);
  await Deno.writeTextFile(`${folder}/tokens`, lines.join("\n"));
  const uniform = uniforms(seed), accepted = new Map<string, number>();
  let asked = 0, broken = 0, attempts = 0;
  const jobMs = await oneJobMs(folder);
  try {
    for (let kill = 0; kill < kills; kill++) {
      const { child, url } = await start(folder);
      const client = createClient(url, { token: TOKEN.all });
      const killed = new Promise<void>((resolve) =>
        setTimeout(() => {
          child.kill("SIGKILL");
          resolve();
        }, 50 + 2 * jobMs * uniform())
      );
      const dead = child.status;
      // Sends requests until the server dies. Without an answer, a job may have been accepted or not, and is requested
      // again.
      const ask = async () => {
        for (;;) {
          const { finished } = await counts(client);
          if (accepted.size - finished < WAITING) {
            const options = { ...OPTIONS, columns: [...COLUMNS], seed: asked };
            const job = await client.train(`m${asked % 4}`, ROWS, options, `key-${asked}`);
            accepted.set(job.id, asked++);
          }
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      await Promise.all([
        killed,
        dead,
        ask().catch((error) => {
          // The server is dead; while it was alive, it must not have refused anything.
          if (error instanceof ApiError) throw error;
          broken++;
        }),
      ]);
    }
    const { child, url } = await start(folder);
    const client = createClient(url, { token: TOKEN.all });
    const jobs = [];
    for (const id of accepted.keys()) jobs.push(await client.waitForJob(id));
    const owners = new Map<string, string[]>();
    for (const { id, state, result, error, attempt, model } of jobs) {
      assert.equal(state, "succeeded", error);
      const own = { preset: "small", columns: COLUMNS, seed: accepted.get(id)! } as const;
      const options = { ...OPTIONS, ...own };
      const direct = await digestOf((await Detector.fit(ROWS, options)).save());
      assert.equal(result!.digest, direct, `job ${id} after ${attempt} attempts`);
      attempts += attempt;
      owners.set(model, [...owners.get(model) ?? [], id]);
    }
    for (const [model, ids] of owners) {
      const { versions } = await client.versions(model);
      assert.deepEqual(versions.map(({ job }) => job).sort(), ids.sort(), "one version a job");
    }
    child.kill("SIGKILL");
    await child.status;
    assert.equal(broken, kills);
    assert.ok(accepted.size >= WAITING, `${accepted.size} jobs`);
    return `${kills} kills, seed ${seed}: ${accepted.size} jobs accepted, all succeeded with the bytes of a direct run, one version each; ${attempts} attempts`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** From the start of a server to the end of its first job; kills happen within twice that time. */
async function oneJobMs(folder: string): Promise<number> {
  const { child, url } = await start(folder);
  const began = performance.now(), client = createClient(url, { token: TOKEN.all });
  const job = await client.train("first", ROWS, { ...OPTIONS, columns: [...COLUMNS] });
  assert.equal((await client.waitForJob(job.id)).state, "succeeded");
  child.kill("SIGKILL");
  await child.status;
  return performance.now() - began;
}

async function counts(client: ReturnType<typeof createClient>): Promise<{ finished: number }> {
  const { models } = await client.models();
  const all = await Promise.all(models.map(({ name }) => client.versions(name)));
  return { finished: all.reduce((sum, { versions }) => sum + versions.length, 0) };
}

if (import.meta.main) {
  const [kills = "100", seed = "1"] = Deno.args;
  console.log(await killCampaign(Number(kills), Number(seed)));
}
