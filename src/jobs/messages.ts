/** The messages between a runner and its thread. */
import type { DeviceOptions } from "../trained/trained_vae.ts";
import type { UploadedTable } from "./open_upload.ts";
import type { ScoredPart, Scoring, Split } from "./score_job.ts";
import type { Trained, TrainSpec } from "./train_job.ts";

/** Work for the thread; each piece is answered by one `Outcome`. */
export type Task =
  | {
    readonly type: "train";
    readonly spec: TrainSpec;
    readonly input: Uint8Array;
    readonly checkpoint?: Uint8Array;
    readonly everySeconds: number;
    readonly device: DeviceOptions;
  }
  | {
    readonly type: "split";
    readonly uploaded: UploadedTable;
    readonly input: Uint8Array;
    readonly model: Uint8Array;
  } & Scoring
  | {
    readonly type: "score";
    readonly input: Uint8Array;
    readonly model: Uint8Array;
    readonly firstRow: number;
    readonly device: DeviceOptions;
  } & Scoring;

/** Messages to the thread. */
export type ToThread =
  | Task
  /** The last checkpoint has been saved. */
  | { readonly type: "checkpointSaved" }
  /** Stop, after a final checkpoint. */
  | { readonly type: "stop" };

/** How a piece of work ended. */
export type Outcome =
  | { readonly type: "trained"; readonly trained: Trained }
  | { readonly type: "split"; readonly split: Split }
  | { readonly type: "scored"; readonly scored: ScoredPart }
  | { readonly type: "failed"; readonly reason: string; readonly isRefusal: boolean }
  | { readonly type: "stopped" };

/** Messages from the thread; after one of the last two outcomes it ends itself. */
export type FromThread =
  | { readonly type: "progress"; readonly data: Readonly<Record<string, number>> }
  | { readonly type: "checkpoint"; readonly bytes: Uint8Array }
  | Outcome;

/** Whether the thread has ended or is about to. */
export function isThreadOver({ type }: Outcome): boolean {
  return type === "failed" || type === "stopped";
}

/** One end of the message channel, as each side sees it. */
export interface Port<Sent, Received> {
  /** @param moved memory that the other side takes over */
  postMessage(message: Sent, moved?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Received>) => void) | null;
}
