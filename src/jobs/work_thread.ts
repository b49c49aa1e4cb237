/** The runner's view of the thread that trains and scores. */
import { messageOf } from "../core/errors.ts";
import { LeaseLostError } from "../storage/job_queue.ts";
import {
  type FromThread,
  isThreadOver,
  type Outcome,
  type Task,
  type ToThread,
} from "./messages.ts";

/** What the caller of a piece of work listens to. */
export interface Listener {
  saveCheckpoint?(checkpoint: Uint8Array): Promise<void>;
  reportProgress?(progress: Readonly<Record<string, number>>): Promise<void>;
  /** Stops the work; its outcome is then "stopped". */
  readonly signal: AbortSignal;
}

/** How long a thread that was told to stop may take for a final checkpoint before it is terminated. */
const STOP_WITHIN_MS = 1000;

/**
 * A thread that does one piece of work after the other. It starts with the first piece, survives a success, and ends
 * with anything else, so that work stopped or failed half-way leaves no state behind.
 */
export class WorkThread {
  #worker?: Worker;

  /** Errors of the listener from a lost lease are ignored: the signal reports the loss. */
  async do(task: Task, listener: Listener): Promise<Outcome> {
    const worker = this.#worker ??= new Worker(
      new URL("./thread.ts", import.meta.url),
      { type: "module" },
    );
    const outcome = await runIn(worker, task, listener);
    if (isThreadOver(outcome)) this.close();
    return outcome;
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

function runIn(
  thread: Worker,
  task: Task,
  { saveCheckpoint, reportProgress, signal }: Listener,
): Promise<Outcome> {
  const send = (message: ToThread) => thread.postMessage(message);
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
      timer = setTimeout(() => end({ type: "stopped" }), STOP_WITHIN_MS);
    };
    const receive = async (message: FromThread) => {
      if (message.type === "progress") return await reportProgress?.(message.data);
      if (message.type !== "checkpoint") return end(message);
      await saveCheckpoint?.(message.bytes).finally(() => send({ type: "checkpointSaved" }));
    };
    thread.onmessage = ({ data }: MessageEvent<FromThread>) => {
      receive(data).catch((error) => error instanceof LeaseLostError || end(crashed(error)));
    };
    thread.onerror = (event) => {
      event.preventDefault();
      end(crashed(event.message));
    };
    signal.addEventListener("abort", stop);
    send(task);
    if (signal.aborted) stop();
  });
}

function crashed(error: unknown): Outcome {
  const reason = messageOf(error);
  return { type: "failed", reason, isRefusal: false };
}
