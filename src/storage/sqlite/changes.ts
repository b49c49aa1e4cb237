/**
 * Notice of changes in a file: of this process at once, of others by looking at a version every few milliseconds while
 * anyone waits.
 */

/** Milliseconds for which another process's change may go unnoticed. */
export const POLL_MS = 25;

export class Changes {
  readonly #versionOf: () => unknown;
  readonly #waiting = new Set<() => void>();
  #poll: ReturnType<typeof setInterval> | undefined;
  #version: unknown;

  /** @param versionOf changes when another process changes the file */
  constructor(versionOf: () => unknown) {
    this.#versionOf = versionOf;
  }

  /** Resolves at the next change by any process, after `ms`, or on the signal, whichever comes first. */
  next(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#waiting.delete(done);
        if (this.#waiting.size === 0) this.#stopPolling();
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), 2 ** 30));
      signal.addEventListener("abort", done);
      this.#waiting.add(done);
      this.#version ??= this.#versionOf();
      this.#poll ??= setInterval(() => this.#checkForChanges(), POLL_MS);
    });
  }

  #checkForChanges(): void {
    const version = this.#versionOf();
    if (version === this.#version) return;
    this.#version = version;
    this.announce();
  }

  /** Notifies all who wait. */
  announce(): void {
    for (const done of [...this.#waiting]) done();
  }

  #stopPolling(): void {
    clearInterval(this.#poll);
    this.#poll = this.#version = undefined;
  }

  /** Lets all who wait go, and stops looking. */
  close(): void {
    this.#stopPolling();
    this.announce();
  }
}
