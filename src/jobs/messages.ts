/** What a runner and its thread say to each other. */
import type { DeviceOptions } from "../trained/trained_vae.ts";
import type { ScoredPart, Split } from "./score_job.ts";
import type { Trained, TrainSpec } from "./train_job.ts";

/** Work for the thread; each piece is answered by one of the words that end it. */
export type Start =
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
    readonly source: string;
    readonly input: Uint8Array;
    readonly model: Uint8Array;
    readonly falseAlarmRate?: number;
  }
  | {
    readonly type: "score";
    readonly input: Uint8Array;
    readonly model: Uint8Array;
    readonly firstRow: number;
    readonly falseAlarmRate?: number;
    readonly device: DeviceOptions;
  };

/** To the thread. */
export type Order =
  | Start
  /** The last checkpoint is kept. */
  | { readonly type: "kept" }
  /** End, after a last checkpoint. */
  | { readonly type: "stop" };

/** How a piece of work ended. */
export type Outcome =
  | { readonly type: "trained"; readonly trained: Trained }
  | { readonly type: "split"; readonly split: Split }
  | { readonly type: "scored"; readonly scored: ScoredPart }
  | { readonly type: "failed"; readonly reason: string; readonly isRefusal: boolean }
  | { readonly type: "stopped" };

/** From the thread; after one of the last two outcomes it ends itself. */
export type Word =
  | { readonly type: "progress"; readonly data: Readonly<Record<string, number>> }
  | { readonly type: "checkpoint"; readonly bytes: Uint8Array }
  | Outcome;

/** Whether the thread is gone, or about to go. */
export function isBroken({ type }: Outcome): boolean {
  return type === "failed" || type === "stopped";
}

/** One end of the line, as both sides see it. */
export interface Port<Sent, Heard> {
  postMessage(message: Sent): void;
  onmessage: ((event: MessageEvent<Heard>) => void) | null;
}
