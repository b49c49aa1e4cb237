/** The interface of a device that may do work instead of the host; implemented by `device/scoring_device.ts`. */
import type { Programs } from "../calls/map_rows.ts";
import type { Steps } from "../steps.ts";

/** Description of the work, for deciding where it is done. */
export interface Work<Name extends string> {
  readonly name: Name;
  readonly rows: number;
  readonly samples?: number;
}

/** A device that may do work instead of the host. */
export interface WorkDevice<Name extends string> {
  /** Description of the device, for reports. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Whether the work may be done here: otherwise the host does it at once. */
  takes(work: Work<Name>): boolean;
  /** Does the work, on the host if necessary. */
  run<T>(work: Work<Name>, steps: (programs: Programs<Name>) => Steps<T>): Promise<T>;
  /** Waits until all work has finished. */
  settled(): Promise<void>;
  dispose(): void;
}
