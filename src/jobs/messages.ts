/** What a runner and its training thread say to each other. */
import type { DeviceOptions } from "../scoring/trained_vae.ts";
import type { Trained, TrainSpec } from "./train_job.ts";

/** To the thread. */
export type Order =
  | {
    readonly type: "start";
    readonly spec: TrainSpec;
    readonly input: Uint8Array;
    readonly checkpoint?: Uint8Array;
    readonly everySeconds: number;
    readonly device: DeviceOptions;
  }
  /** The last checkpoint is kept. */
  | { readonly type: "kept" }
  /** End, after a last checkpoint. */
  | { readonly type: "stop" };

/** From the thread; after one of the last two it ends itself. */
export type Word =
  | { readonly type: "progress"; readonly data: Readonly<Record<string, number>> }
  | { readonly type: "checkpoint"; readonly bytes: Uint8Array }
  | { readonly type: "trained"; readonly trained: Trained }
  | { readonly type: "failed"; readonly reason: string; readonly isRefusal: boolean }
  | { readonly type: "stopped" };

/** One end of the line, as both sides see it. */
export interface Port<Sent, Heard> {
  postMessage(message: Sent): void;
  onmessage: ((event: MessageEvent<Heard>) => void) | null;
}
