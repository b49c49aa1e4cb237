/** Lets other work run during long computations, and stops them on request. */
import { Turns } from "./turns.ts";

/**
 * Does work in pieces.
 * @param work awaits its argument between them
 * @throws the signal's reason, in the first pause after it is aborted
 */
export async function withPauses<T>(
  signal: AbortSignal | undefined,
  work: (pause: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const turns = new Turns();
  try {
    return await work(async () => {
      await turns.takeIfDue();
      signal?.throwIfAborted();
    });
  } finally {
    turns.end();
  }
}
