/** An app that takes jobs, with its queue in a temporary file, and clients for it. */
import { HostRandom } from "../../src/core/random/philox.ts";
import { type Client, createClient, digestOf, type ModelStore } from "../../src/http/mod.ts";
import { memoryStore, type TrainingOptions } from "../../src/http/mod.ts";
import { Registry } from "../../src/http/models/registry.ts";
import { runJobs, type RunnerEntry, type RunnerOptions } from "../../src/jobs/runner.ts";
import type { JobQueue } from "../../src/storage/job_queue.ts";
import { openSqlite, type SqliteQueueOptions } from "../../src/storage/sqlite/mod.ts";
import { type AppOptions, createApp } from "../../src/http/mod.ts";
import { requireDocumented } from "../http/openapi.ts";
import { planeRows } from "../util/data.ts";

export const ROWS: readonly number[][] = planeRows(80, 3, 7);
export const COLUMNS = ["heat", "flow", "drift"];
/** Options for training in no time. */
export const QUICK = { hidden: [8], latent: 2, epochs: 4, seed: 3 };

const names = ["train", "other", "score", "all"] as const;
export const TOKEN = Object.fromEntries(
  names.map((name) => [name, `${name}-0123456789abcdef0123456789abcdef`]),
) as Record<(typeof names)[number], string>;
const SCOPES = {
  train: ["train"],
  other: ["train"],
  score: ["score"],
  all: ["score", "train", "admin"],
} as const;

export const TOKENS = await Promise.all(names.map(async (name) => ({
  hash: await digestOf(new TextEncoder().encode(TOKEN[name])),
  scopes: SCOPES[name],
})));

export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Response>;

/** The app and everything around it. */
export interface JobsApp extends AsyncDisposable {
  readonly queue: JobQueue;
  readonly models: ModelStore;
  /** Sends a request with a token that has all scopes, or with the given headers. */
  readonly ask: Ask;
  readonly client: Client;
  readonly log: RunnerEntry[];
  /** Starts a runner; the returned function stops it. */
  work(options?: Partial<RunnerOptions>): () => Promise<void>;
}

export async function jobsApp(
  options: Partial<AppOptions> & {
    readonly queue?: Partial<SqliteQueueOptions>;
    readonly limits?: Partial<TrainingOptions>;
  } = {},
): Promise<JobsApp> {
  const folder = await Deno.makeTempDir();
  const { queue } = openSqlite(`${folder}/jobs.db`, { now: Date.now, ...options.queue });
  const models = await memoryStore();
  const app = createApp({
    models,
    tokens: TOKENS,
    training: { queue, ...options.limits },
    onError: (error) => log.push({ event: "fault", reason: String(error) }),
    ...options,
  } as AppOptions);
  const log: RunnerEntry[] = [], stops: (() => Promise<void>)[] = [];
  const ask: Ask = async (method, path, body, headers = {}) => {
    const isJson = body !== undefined &&
      !(body instanceof Uint8Array || body instanceof ReadableStream);
    const response = await app.request(path, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN.all}`,
        ...(isJson ? { "content-type": "application/json" } : {}),
        ...headers,
      },
      body: isJson ? (typeof body === "string" ? body : JSON.stringify(body)) : body as BodyInit,
    });
    const type = response.headers.get("content-type") ?? "";
    const path_ = path.split("?")[0];
    await requireDocumented(method, path_, /[/+]json$/.test(type) ? response.clone() : response);
    return response;
  };
  return {
    queue,
    models,
    ask,
    log,
    client: createClient("http://localhost", {
      token: TOKEN.all,
      fetch: (url, init) => app.request(url, init),
    }),
    work(more = {}) {
      const stopping = new AbortController(), registry = new Registry(models);
      const done = runJobs({
        queue,
        read: (digest) => models.read(digest),
        publish: async (name, bytes, job) => (await registry.put(name, bytes, {}, job)).version,
        signal: stopping.signal,
        log: (entry) => log.push(entry),
        checkpointSeconds: 0.05,
        ...more,
      });
      const stop = async () => {
        stopping.abort();
        await done;
      };
      stops.push(stop);
      return stop;
    },
    async [Symbol.asyncDispose]() {
      for (const stop of stops) await stop();
      await queue.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Seeded numbers from 0 to 1. */
export function uniforms(seed: number): () => number {
  const random = new HostRandom(seed, 0, 0);
  return () => random.uniformF64();
}
