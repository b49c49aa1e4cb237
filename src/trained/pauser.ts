/** Lets events in while the host computes for long, and stops when asked to. */

/** Longest time without letting events in, milliseconds. */
const YIELD_EVERY = 50;

/**
 * A function to await between pieces of work.
 * @returns what rejects with the signal's reason once it is aborted
 */
export function pauser(signal?: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= YIELD_EVERY) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}
