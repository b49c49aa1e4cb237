/** Yields to the event loop during long computations, and stops them on request. */

/** Maximum time between yields, in milliseconds. */
const YIELD_MS = 50;

/**
 * Creates a function to await between pieces of work.
 * @returns a function whose promise rejects with the signal's reason once it is aborted
 */
export function pauser(signal?: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= YIELD_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}
