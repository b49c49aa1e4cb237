/** Work that may be done elsewhere than on the host, as `device/scoring_device.ts` does it. */
import type { Programs } from "../calls/map_rows.ts";
import type { Steps } from "../steps.ts";

/** What work is about, for whoever decides where it is done. */
export interface Work<Name extends string> {
  readonly name: Name;
  readonly rows: number;
  readonly samples?: number;
}

/** Where work may be done instead of on the host. */
export interface WorkDevice<Name extends string> {
  /** What it is, for reports. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Does the work, be it on the host in the end. */
  run<T>(work: Work<Name>, steps: (programs: Programs<Name>) => Steps<T>): Promise<T>;
  /** Waits for all that is at work. */
  settled(): Promise<void>;
  dispose(): void;
}
