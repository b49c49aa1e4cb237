/**
 * The layout of a namespace N in NATS JetStream (2.9 and later):
 *
 * | kind          | name     | holds                                                                    |
 * | ------------- | -------- | ------------------------------------------------------------------------ |
 * | work queue    | N_work   | a message for each job that has not ended: subject `N.work.OWNER.ID`     |
 * | stream        | N_events | what happens to jobs: subject `N.events.ID`                              |
 * | key-value     | N_jobs   | jobs by id, changed by compare-and-swap                                  |
 * | key-value     | N_state  | the index of models, and totals                                          |
 * | object store  | N_data   | `input.ID.DIGEST`, `checkpoint.ID.DIGEST`, `output.ID`                                 |
 * | object store  | N_store  | `model.DIGEST`, `upload.OWNER.NAME`                                      |
 *
 * The data of a job expires with the job.
 */
import {
  AckPolicy,
  DiscardPolicy,
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "npm:@nats-io/jetstream@3.4.0";
import { type KV, Kvm } from "npm:@nats-io/kv@3.4.0";
import { type ObjectStore, Objm } from "npm:@nats-io/obj@3.4.0";
import type { NatsConnection } from "npm:@nats-io/transport-node@3.4.0";
import type { NewJob } from "../job_queue.ts";
import { withRetries } from "./retries.ts";

/** How to create the streams and buckets that do not exist yet. */
export interface NamespaceOptions {
  /** Letters and digits; several namespaces may share a cluster (default: "elbow"). */
  readonly namespace?: string;
  /** Copies of everything (default: 3 in a cluster, otherwise 1). */
  readonly replicas?: number;
  /** Unfinished jobs at once; more are refused (default: 1,000). */
  readonly maxJobs?: number;
  /** How long a job is kept (default: 7 days). */
  readonly keepSeconds?: number;
  /** How long a lease lasts without renewal (default: 15 seconds). */
  readonly leaseMs?: number;
}

/** The streams and buckets of a namespace. */
export interface Namespace {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly work: string;
  readonly events: string;
  readonly jobs: KV;
  readonly state: KV;
  readonly data: ObjectStore;
  readonly store: ObjectStore;
  readonly leaseMs: number;
  /** The subject of a job's events. */
  eventsSubject(id: string): string;
  /** The subject of a job's message; the owner in it lets an owner's jobs be counted. */
  workSubject(job: Pick<NewJob, "owner" | "id">): string;
}

/** Stands for the owner of a job that has none, such as a part of another job. */
const NO_OWNER = "-";

/** The consumer that all workers share. */
export const WORKERS = "workers";

/** A message whose id was seen within this time is a duplicate: ten minutes. */
const DUPLICATES_MS = 600_000;

/** How long a request may go unanswered. */
const TIMEOUT_MS = 2000;

const nanos = (ms: number) => ms * 1_000_000;

/** Opens the streams and buckets; creates those that do not exist. */
export async function openNamespace(
  connection: NatsConnection,
  options: NamespaceOptions,
): Promise<Namespace> {
  const { namespace = "elbow", keepSeconds = 7 * 86_400, leaseMs = 15_000 } = options;
  if (!/^[A-Za-z0-9]{1,32}$/.test(namespace)) {
    throw new TypeError("Cannot open storage: a namespace is 1 to 32 letters and digits");
  }
  const replicas = options.replicas ?? (connection.info?.cluster ? 3 : 1);
  // A short timeout: a request to a dead leader soon goes to the next one.
  const requestOptions = { timeout: TIMEOUT_MS };
  const jsm = await withRetries(() => jetstreamManager(connection, requestOptions));
  const js = jetstream(connection, requestOptions);
  const streams = await openStreams(jsm, { ...options, namespace, keepSeconds, leaseMs, replicas });
  const kvm = new Kvm(js), objm = new Objm(js);
  const common = { replicas, storage: StorageType.File };
  // Reads go to the leader: a replica may not have what was just accepted.
  const keyValue = (bucket: string, more = {}) =>
    withRetries(() =>
      kvm.create(`${namespace}_${bucket}`, { ...common, allow_direct: false, ...more })
    );
  const objectStore = (bucket: string, more = {}) =>
    withRetries(() => objm.create(`${namespace}_${bucket}`, { ...common, ...more }));
  return {
    connection,
    js,
    jsm,
    ...streams,
    jobs: await keyValue("jobs", { ttl: keepSeconds * 1000 }),
    state: await keyValue("state"),
    data: await objectStore("data", { ttl: nanos(keepSeconds * 1000) }),
    store: await objectStore("store"),
    leaseMs,
    eventsSubject: (id) => `${namespace}.events.${id}`,
    workSubject: ({ owner, id }) => `${namespace}.work.${owner || NO_OWNER}.${id}`,
  };
}

async function openStreams(
  jsm: JetStreamManager,
  options: Required<Omit<NamespaceOptions, "maxJobs">> & Pick<NamespaceOptions, "maxJobs">,
): Promise<Pick<Namespace, "work" | "events">> {
  const { namespace, maxJobs = 1000, keepSeconds, leaseMs, replicas } = options;
  const work = `${namespace}_work`, events = `${namespace}_events`;
  const common = {
    storage: StorageType.File,
    num_replicas: replicas,
    duplicate_window: nanos(DUPLICATES_MS),
  };
  await ensureStream(jsm, {
    ...common,
    name: work,
    subjects: [`${namespace}.work.*.*`],
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    max_msgs: maxJobs,
  });
  const consumer = {
    durable_name: WORKERS,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(leaseMs),
    max_deliver: -1,
    max_ack_pending: 10_000,
  };
  await withRetries(() => jsm.consumers.add(work, consumer));
  await ensureStream(jsm, {
    ...common,
    name: events,
    subjects: [`${namespace}.events.*`],
    max_age: nanos(keepSeconds * 1000),
  });
  return { work, events };
}

/** Another process may create it at the same moment, or may have with other limits; those then hold. */
async function ensureStream(
  jsm: JetStreamManager,
  config: Parameters<JetStreamManager["streams"]["add"]>[0],
): Promise<void> {
  await withRetries(async () => {
    try {
      await jsm.streams.info(config.name);
    } catch (error) {
      if ((error as Error).name !== "StreamNotFoundError") throw error;
      await jsm.streams.add(config);
    }
  });
}
