/** Training jobs in a thread of their own, as the runner sees it. */
import { LeaseLostError } from "../storage/job_queue.ts";
import type { DeviceOptions } from "../scoring/trained_vae.ts";
import type { Order, Word } from "./messages.ts";
import type { Trained, TrainSpec } from "./train_job.ts";

/** What a thread is given. */
export interface TrainingOptions {
  readonly spec: TrainSpec;
  readonly input: Uint8Array;
  readonly checkpoint?: Uint8Array;
  readonly everySeconds: number;
  readonly device: DeviceOptions;
  keep(checkpoint: Uint8Array): Promise<void>;
  tell(progress: Readonly<Record<string, number>>): Promise<void>;
  /** Ends the job; its outcome is then "stopped". */
  readonly signal: AbortSignal;
}

/** How a job ended. */
export type Outcome =
  | { readonly type: "trained"; readonly trained: Trained }
  | { readonly type: "failed"; readonly reason: string; readonly isRefusal: boolean }
  | { readonly type: "stopped" };

/** How long a thread that was told to end may take for a last checkpoint before it is cut off. */
const PATIENCE_MS = 1000;

/**
 * A thread that trains one job after the other. It is made for the first, outlives a success, and ends with
 * anything else: what was stopped or failed half-way leaves nothing behind.
 */
export class TrainingThread {
  #worker?: Worker;

  /** What cannot be kept or told because the lease is lost is the signal's matter. */
  async train(options: TrainingOptions): Promise<Outcome> {
    const worker = this.#worker ??= new Worker(
      new URL("./train_thread.ts", import.meta.url),
      { type: "module" },
    );
    const outcome = await trainIn(worker, options);
    if (outcome.type !== "trained") this.close();
    return outcome;
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

function trainIn(thread: Worker, options: TrainingOptions): Promise<Outcome> {
  const { spec, input, checkpoint, everySeconds, device, keep, tell, signal } = options;
  const send = (order: Order) => thread.postMessage(order);
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = (outcome: Outcome) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      thread.onmessage = thread.onerror = null;
      resolve(outcome);
    };
    const stop = () => {
      send({ type: "stop" });
      timer = setTimeout(() => end({ type: "stopped" }), PATIENCE_MS);
    };
    const hear = async (word: Word) => {
      if (word.type === "progress") return await tell(word.data);
      if (word.type !== "checkpoint") return end(word);
      await keep(word.bytes).finally(() => send({ type: "kept" }));
    };
    thread.onmessage = ({ data }: MessageEvent<Word>) => {
      hear(data).catch((error) => error instanceof LeaseLostError || end(broken(error)));
    };
    thread.onerror = (event) => {
      event.preventDefault();
      end(broken(event.message));
    };
    signal.addEventListener("abort", stop);
    send({ type: "start", spec, input, checkpoint, everySeconds, device });
    if (signal.aborted) stop();
  });
}

function broken(error: unknown): Outcome {
  const reason = error instanceof Error ? error.message : String(error);
  return { type: "failed", reason, isRefusal: false };
}
