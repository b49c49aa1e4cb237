/** There is no room for what was to be kept: the same may succeed once there is. */
export class StorageFullError extends RangeError {
  /** For messages. */
  override readonly name = "StorageFullError";

  /** @param cause what the store says */
  constructor(cause: unknown) {
    super("Cannot store: the disk is full", { cause });
  }
}
