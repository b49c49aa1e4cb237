/**
 * Threads that score blocks beside the calling thread. A thread gets blocks once it is ready, never more than it can
 * use. Until then, or if none ever is, the caller does everything.
 */
import type { ByteBlock } from "../../../formats/csv/byte_blocks.ts";
import type { Answer, BlockResult, Task, ThreadOptions } from "./worker.ts";

/** The most blocks a thread holds, enough that it never waits for the next one. */
const MAX_BLOCKS = 2;

/** A thread that has failed. */
class ThreadError extends Error {
  /** The name of the class, for messages. */
  override readonly name: string = "ThreadError";
}

interface Thread {
  readonly worker: Worker;
  /** Resolvers of its pending answers, in order. */
  readonly waiting: ((answer: Promise<BlockResult>) => void)[];
  isReady: boolean;
}

/** A group of threads, until it is closed. */
export class ScoreThreads {
  readonly #threads: readonly Thread[];

  /** Starts `count` threads. */
  constructor(count: number, options: ThreadOptions) {
    this.#threads = Array.from({ length: count }, () => start(options));
  }

  /**
   * Scores a block and transfers its bytes; undefined if no thread has room for it.
   * @param spare gives memory for the lines; called only if there is room
   */
  score(block: ByteBlock, spare?: () => ArrayBuffer | undefined): Promise<BlockResult> | undefined {
    const free = this.#threads.filter(({ isReady, waiting }) =>
      isReady && waiting.length < MAX_BLOCKS
    );
    if (free.length === 0) return undefined;
    const { worker, waiting } = free.reduce((a, b) => b.waiting.length < a.waiting.length ? b : a);
    const scored = new Promise<BlockResult>((resolve) => waiting.push(resolve));
    const into = spare?.(), task: Task = { block, into };
    worker.postMessage(task, [block.bytes.buffer, ...(into ? [into] : [])]);
    return scored;
  }

  /** Terminates all threads. */
  close(): void {
    for (const { worker } of this.#threads) worker.terminate();
  }
}

function start(options: ThreadOptions): Thread {
  const url = new URL("./worker.ts", import.meta.url);
  const thread: Thread = {
    worker: new Worker(url, { type: "module" }),
    waiting: [],
    isReady: false,
  };
  thread.worker.postMessage(options);
  thread.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    if ("ready" in data) thread.isReady = true;
    else thread.waiting.shift()?.(result(data));
  };
  thread.worker.onerror = (event) => {
    event.preventDefault();
    thread.isReady = false;
    const message = `Cannot score: a thread ended: ${event.message}`;
    for (const settle of thread.waiting.splice(0)) settle(Promise.reject(new ThreadError(message)));
  };
  return thread;
}

function result(answer: Exclude<Answer, { ready: true }>): Promise<BlockResult> {
  if ("scored" in answer) return Promise.resolve(answer);
  const { message, kind } = answer.refused;
  const Same = kind === "range" ? RangeError : kind === "other" ? Error : TypeError;
  return Promise.reject(new Same(message));
}
