/**
 * Retries for NATS while its servers change roles. When the leader of a stream dies, there is none for a moment:
 * requests are refused or get no answer, and are sent again. A request without an answer may have been received, so
 * every request made here must be safe to repeat.
 */

/** How long a cluster may be without a leader, in milliseconds. */
const RETRY_FOR_MS = 30_000;

/** Milliseconds between two attempts. */
const PAUSE_MS = 100;

/** Temporary errors: no leader, no answer, a connection that is being restored. */
const TEMPORARY = new Set([
  "JetStreamNotEnabled",
  "NoRespondersError",
  "TimeoutError",
  "ConnectionError",
  "RequestError",
  "JetStreamError",
  "JetStreamStatusError",
]);

/** The server's status for "temporarily unavailable". */
const UNAVAILABLE = 503;

/** "No suitable peers for placement": a cluster that has not formed yet. */
const NO_PEERS = 10005;

/** Retries until an answer or a permanent error. */
export async function withRetries<Value>(request: () => Promise<Value>): Promise<Value> {
  const until = performance.now() + RETRY_FOR_MS;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!isTemporary(error) || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Whether a stream is full: also a 503, but waiting does not help. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && /maximum messages/.test(error.message);
}

function isTemporary(error: unknown): boolean {
  if (!(error instanceof Error) || isFull(error)) return false;
  if (TEMPORARY.has(error.name)) return true;
  const { status, code } = error as { status?: number; code?: number };
  return status === UNAVAILABLE || code === NO_PEERS;
}
