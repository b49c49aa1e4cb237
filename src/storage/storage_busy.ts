/** Another process has been writing to the store for too long. The same request may succeed later. */
export class StorageBusyError extends Error {
  /** The name of the class, for messages. */
  override readonly name = "StorageBusyError";

  /** @param cause the store's own error */
  constructor(cause: unknown) {
    super("Cannot store: another process is writing to the store", { cause });
  }
}
