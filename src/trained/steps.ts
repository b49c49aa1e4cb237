/**
 * Work on programs, written once for synchronous hosts and asynchronous devices: a generator that yields, run by run,
 * what to wait for. On the host that is nothing.
 */

/** What to wait for, if anything. */
export type Wait = void | Promise<void>;

/** Work that produces a result. */
export type Steps<T> = Generator<Wait, T>;

/** Calls `next` once there is nothing left to wait for: immediately on the host. */
export function after<T>(wait: Wait, next: () => T): T | Promise<T> {
  return wait ? wait.then(next) : next();
}

/** Waits for all of them. */
export function waitForAll(waits: readonly Wait[]): Wait {
  const given = waits.filter((wait) => wait !== undefined);
  if (given.length > 0) return Promise.all(given).then(() => {});
}

/** Runs work on the host, and returns its result. */
export function runSync<T>(steps: Steps<T>): T {
  for (let step = steps.next();; step = steps.next()) if (step.done) return step.value;
}

/** Runs work on a device, and returns its result. */
export async function runAsync<T>(steps: Steps<T>): Promise<T> {
  for (let step = steps.next();; step = steps.next()) {
    if (step.done) return step.value;
    await step.value;
  }
}

/** Runs work on the host, and awaits `pause` between its steps. The work ends with the first pause that rejects. */
export async function runWithPauses<T>(
  steps: Iterator<unknown, T>,
  pause: () => Promise<void>,
): Promise<T> {
  try {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      await pause();
    }
  } finally {
    // Lets it free its memory.
    steps.return?.();
  }
}
