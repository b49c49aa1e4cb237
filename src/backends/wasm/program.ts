/** What the programs of this backend offer beyond the contract. */
import type { SyncProgram } from "../backend.ts";

/** A program whose memory the tests may look at. */
export interface WasmProgram extends SyncProgram {
  /** All scratch elements, live until the memory next grows. */
  scratch(): Float32Array;
}
