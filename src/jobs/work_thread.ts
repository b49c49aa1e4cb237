/** The runner's view of the thread that trains and scores. */
import { messageOf } from "../core/errors.ts";
import { LeaseLostError } from "../storage/job_queue.ts";
import { isBroken, type Order, type Outcome, type Start, type Word } from "./messages.ts";

/** What the caller of a piece of work listens to. */
export interface Listener {
  keep?(checkpoint: Uint8Array): Promise<void>;
  tell?(progress: Readonly<Record<string, number>>): Promise<void>;
  /** Stops the work; its outcome is then "stopped". */
  readonly signal: AbortSignal;
}

/** How long a thread that was told to stop may take for a final checkpoint before it is terminated. */
const PATIENCE_MS = 1000;

/**
 * A thread that does one piece of work after the other. It starts with the first piece, survives a success, and ends
 * with anything else, so that work stopped or failed half-way leaves no state behind.
 */
export class WorkThread {
  #worker?: Worker;

  /** Errors of `keep` and `tell` from a lost lease are ignored: the signal reports the loss. */
  async do(work: Start, listener: Listener): Promise<Outcome> {
    const worker = this.#worker ??= new Worker(
      new URL("./thread.ts", import.meta.url),
      { type: "module" },
    );
    const outcome = await doIn(worker, work, listener);
    if (isBroken(outcome)) this.close();
    return outcome;
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

function doIn(thread: Worker, work: Start, { keep, tell, signal }: Listener): Promise<Outcome> {
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
      if (word.type === "progress") return await tell?.(word.data);
      if (word.type !== "checkpoint") return end(word);
      await keep?.(word.bytes).finally(() => send({ type: "kept" }));
    };
    thread.onmessage = ({ data }: MessageEvent<Word>) => {
      hear(data).catch((error) => error instanceof LeaseLostError || end(broken(error)));
    };
    thread.onerror = (event) => {
      event.preventDefault();
      end(broken(event.message));
    };
    signal.addEventListener("abort", stop);
    send(work);
    if (signal.aborted) stop();
  });
}

function broken(error: unknown): Outcome {
  const reason = messageOf(error);
  return { type: "failed", reason, isRefusal: false };
}
