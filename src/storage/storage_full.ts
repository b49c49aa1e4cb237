/** A store has no room for what it was given. The same request may succeed once it has. */
export class StorageFullError extends RangeError {
  /** For messages. */
  override readonly name = "StorageFullError";

  /** @param cause what the store says */
  constructor(cause: unknown) {
    super("Cannot store: the disk is full", { cause });
  }
}
