/** A store has no room for the data. The same request may succeed once it has. */
export class StorageFullError extends RangeError {
  /** The name of the class, for messages. */
  override readonly name = "StorageFullError";

  /** @param cause the store's own error */
  constructor(cause: unknown) {
    super("Cannot store: the disk is full", { cause });
  }
}
