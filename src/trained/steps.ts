/**
 * Work on programs, written once for machines that answer at once and for devices that are waited for:
 * a generator that gives, run by run, what there is to wait for. On the host that is nothing.
 */

/** What there is to wait for, if anything. */
export type Wait = void | Promise<void>;

/** Work that gives a result. */
export type Steps<T> = Generator<Wait, T>;

/** Does what follows when there is nothing left to wait for: at once on the host. */
export function after<T>(wait: Wait, next: () => T): T | Promise<T> {
  return wait ? wait.then(next) : next();
}

/** Waits for all of them. */
export function all(waits: readonly Wait[]): Wait {
  const given = waits.filter((wait) => wait !== undefined);
  if (given.length > 0) return Promise.all(given).then(() => {});
}

/** The result of work on the host. */
export function finish<T>(steps: Steps<T>): T {
  for (let step = steps.next();; step = steps.next()) if (step.done) return step.value;
}

/** The result of work on a device. */
export async function finishLater<T>(steps: Steps<T>): Promise<T> {
  for (let step = steps.next();; step = steps.next()) {
    if (step.done) return step.value;
    await step.value;
  }
}
