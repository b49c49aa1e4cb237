/**
 * Jobs and models in NATS JetStream, for any number of machines.
 *
 * @module
 */
import { connect, type NatsConnection } from "npm:@nats-io/transport-node@3.4.0";
import { messageOf } from "../../core/errors.ts";
import type { JobQueue } from "../job_queue.ts";
import type { ModelStore } from "../model_store.ts";
import { natsModels } from "./models.ts";
import { NatsQueue } from "./queue.ts";
import { type NamespaceOptions, openNamespace } from "./namespace.ts";

export type { JobQueue } from "../job_queue.ts";
export type { ModelStore } from "../model_store.ts";
export type { NamespaceOptions } from "./namespace.ts";

/**
 * A connection of `@nats-io/transport-node` (3.4.0).
 * @internal so that the documentation lint skips the package's own types
 */
export type Connection = NatsConnection;

/** Options of storage in NATS. */
export interface NatsOptions extends NamespaceOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The storage of one namespace. */
export interface NatsStorage {
  /** Jobs. */
  readonly queue: JobQueue;
  /** Models. */
  readonly models: ModelStore;
}

/**
 * Opens a namespace, and creates it if it does not exist. Closing the queue closes the connection.
 * @param servers addresses, separated by commas: `nats://USER:PASSWORD@HOST:PORT`; or a connection
 * @throws TypeError if no server responds, or none has JetStream
 */
export async function openNats(
  servers: string | Connection,
  options: NatsOptions,
): Promise<NatsStorage> {
  const connection = typeof servers === "string" ? await connectTo(servers) : servers;
  const namespace = await openNamespace(connection, options);
  return {
    queue: new NatsQueue(namespace, options.now),
    models: await natsModels(namespace, options.now),
  };
}

async function connectTo(servers: string): Promise<Connection> {
  const texts = servers.split(",").map((text) => text.trim());
  const urls = texts.filter((text) => URL.canParse(text)).map((text) => new URL(text));
  const areServers = urls.every((url) => /^(nats|tls):$/.test(url.protocol) && url.hostname);
  if (urls.length < texts.length || !areServers) {
    throw new TypeError(
      "Cannot connect to NATS: servers must be nats://HOST:PORT, separated by commas",
    );
  }
  const { username, password, protocol } = urls[0];
  try {
    return await connect({
      servers: urls.map((url) => `${url.hostname}:${url.port || 4222}`),
      ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
      ...(protocol === "tls:" && { tls: {} }),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 200,
    });
  } catch (cause) {
    throw new TypeError(`Cannot connect to NATS: ${messageOf(cause)}`, { cause });
  }
}
