/** A store of checkpoints that keeps every state written to it. */
import type { CheckpointStore } from "../../mod.ts";

export class MemoryStore implements CheckpointStore {
  readonly start?: Uint8Array;
  readonly everySeconds = 0;
  readonly written: Uint8Array[] = [];
  /** @param start what a run finds there */
  constructor(start?: Uint8Array) {
    this.start = start;
  }
  read(): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.start);
  }
  write(bytes: Uint8Array): Promise<void> {
    this.written.push(bytes);
    return Promise.resolve();
  }
}
