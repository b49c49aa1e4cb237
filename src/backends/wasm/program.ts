/** What programs of this backend offer beyond the contract. */
import type { SyncProgram } from "../backend.ts";

/** A program whose memory tests can inspect. */
export interface WasmProgram extends SyncProgram {
  /** All scratch elements; valid until the memory next grows. */
  scratch(): Float32Array;
}
