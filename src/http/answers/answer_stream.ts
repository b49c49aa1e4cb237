/**
 * The body of a long answer while its client reads it. A client that asks for millions of numbers and reads none would
 * keep them in memory for as long as it stays connected. So a long answer is handed over in pieces, and if too little
 * is taken for too long, all that is left of it is dropped.
 *
 * Limits: the server keeps the socket of a dropped answer until the client closes it.
 */
import type { Reply } from "./responses.ts";

/** Bytes: a longer body is handed over in pieces. */
const LONG = 1 << 20;

/** Bytes in a piece of such a body. */
const PIECE = 1 << 18;

/** Whether the body lasts beyond the head of its answer. */
export function isLong(body: Reply["body"]): body is Uint8Array<ArrayBuffer> | ReadableStream {
  return body instanceof ReadableStream || (body instanceof Uint8Array && body.length > LONG);
}

/**
 * @param stallMs how long the client may let the server wait for it to take `leastBytes`
 * @param onEnd called once, when it has been read, dropped or given up by the client
 */
export function answerStream(
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  stallMs: number,
  onEnd: () => void,
  leastBytes = 1,
): ReadableStream<Uint8Array> {
  let reader: PieceReader | undefined = body instanceof ReadableStream
    ? body.getReader()
    : readerOf(body);
  const wait = new Wait(stallMs, leastBytes);
  const close = () => {
    wait.end();
    if (reader) onEnd();
    const open = reader;
    reader = undefined;
    return open;
  };
  const drop = (controller: ReadableStreamDefaultController) => {
    const open = close(), seconds = stallMs / 1000;
    const detail = `Cannot send answer: its client took too little of it for ${seconds} seconds`;
    controller.error(new DOMException(detail, "TimeoutError"));
    open?.cancel().catch(() => {});
  };
  return new ReadableStream({
    start: (controller) => wait.begin(0, () => drop(controller)),
    async pull(controller) {
      wait.end();
      try {
        const { done, value } = await reader!.read();
        if (!reader) return;
        if (done) {
          close();
          return controller.close();
        }
        controller.enqueue(value);
        wait.begin(value.length, () => drop(controller));
      } catch (error) {
        close();
        controller.error(error);
      }
    },
    async cancel(reason) {
      await close()?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** How long the server has waited for its client since that last took enough. */
class Wait {
  readonly #stallMs: number;
  readonly #leastBytes: number;
  #leftMs: number;
  #bytes = 0;
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stallMs: number, leastBytes: number) {
    this.#stallMs = this.#leftMs = stallMs;
    this.#leastBytes = leastBytes;
  }

  /** @param bytes in the piece that the client is to take */
  begin(bytes: number, onOver: () => void): void {
    this.#bytes += bytes;
    this.#since = performance.now();
    this.#timer = setTimeout(onOver, this.#leftMs);
    // Deno.serve may drop an answer without a word when its client leaves: nothing may wait for that.
    (this.#timer as { unref?(): void }).unref?.();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#leftMs -= performance.now() - this.#since;
    if (this.#bytes < this.#leastBytes) return;
    this.#leftMs = this.#stallMs;
    this.#bytes = 0;
  }
}

type PieceReader = Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel">;

function readerOf(bytes: Uint8Array): PieceReader {
  let at = 0;
  return {
    read: async () =>
      at < bytes.length
        ? { done: false, value: bytes.subarray(at, at += PIECE) }
        : { done: true, value: undefined },
    cancel: async () => {},
  };
}
