/**
 * NATS while its servers change places. When the leader of a stream dies there is none for a moment: what is
 * asked then is refused or not answered, and asked again. Whether an ask that got no answer was heard is
 * unknown, so that everything asked here may be heard twice.
 */

/** How long a cluster may be without a leader, milliseconds. */
const PATIENCE_MS = 30_000;

/** Between two asks. */
const PAUSE_MS = 100;

/** What passes: no leader, no answer, a connection that is being made again. */
const PASSING = new Set([
  "JetStreamNotEnabled",
  "NoRespondersError",
  "TimeoutError",
  "ConnectionError",
  "RequestError",
  "JetStreamError",
  "JetStreamStatusError",
]);

/** "Temporarily unavailable", as the server says it. */
const UNAVAILABLE = 503;

/** "No suitable peers for placement": a cluster that has not found itself yet. */
const NO_PEERS = 10005;

/** Asks until there is an answer that will not pass. */
export async function patiently<Value>(ask: () => Promise<Value>): Promise<Value> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!mayPass(error) || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Whether a stream has as many messages as it may: 503 too, and does not pass by waiting. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && /maximum messages/.test(error.message);
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof Error) || isFull(error)) return false;
  if (PASSING.has(error.name)) return true;
  const { status, code } = error as { status?: number; code?: number };
  return status === UNAVAILABLE || code === NO_PEERS;
}
