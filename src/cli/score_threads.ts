/** Threads that score blocks; each takes the next one when it is done, and results come in the order of the blocks. */
import type { ByteBlock } from "../formats/byte_blocks.ts";
import type { ScoredBlock } from "./score_block.ts";
import type { Answer, Opening } from "./score_worker.ts";

/** Blocks that wait for a thread, so that it never waits for one. */
const WAITING = 2;

/** A thread that can do no more. */
export class ThreadError extends Error {
  /** For messages. */
  override readonly name: string = "ThreadError";
}

/** Some threads, until they are closed. */
export class ScoreThreads {
  readonly #workers: Worker[];
  readonly #pending: ((answer: Promise<ScoredBlock>) => void)[][];
  #next = 0;

  /** Starts so many threads. */
  constructor(count: number, opening: Opening) {
    this.#workers = Array.from(
      { length: count },
      () => new Worker(new URL("./score_worker.ts", import.meta.url), { type: "module" }),
    );
    this.#pending = this.#workers.map(() => []);
    this.#workers.forEach((worker, w) => {
      worker.postMessage(opening);
      worker.onmessage = ({ data }: MessageEvent<Answer>) =>
        this.#pending[w].shift()?.(result(data));
      worker.onerror = (event) => {
        event.preventDefault();
        const fault = Promise.reject(
          new ThreadError(`Cannot score: a thread ended: ${event.message}`),
        );
        for (const settle of this.#pending[w].splice(0)) settle(fault);
      };
    });
  }

  /** The most blocks that should be under way. */
  get capacity(): number {
    return this.#workers.length * WAITING;
  }

  /** Scores a block; its bytes are gone then. */
  score(block: ByteBlock): Promise<ScoredBlock> {
    const w = this.#next++ % this.#workers.length;
    const scored = new Promise<ScoredBlock>((resolve) => this.#pending[w].push(resolve));
    this.#workers[w].postMessage(block, [block.bytes.buffer]);
    return scored;
  }

  /** Ends them. */
  close(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

function result(answer: Answer): Promise<ScoredBlock> {
  if ("scored" in answer) return Promise.resolve(answer.scored);
  const { message, kind } = answer.refused;
  const Same = kind === "range" ? RangeError : kind === "other" ? Error : TypeError;
  return Promise.reject(new Same(message));
}
