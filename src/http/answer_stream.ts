/**
 * The body of a long answer while its client reads it. A client that asks for millions of numbers and reads none would
 * keep them in memory for as long as it stays connected. So a long answer is handed over in pieces, and if none is taken
 * for too long, all that is left of it is dropped.
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
 * @param stallMs how long the client may take none of it
 * @param onEnd called once, when it has been read, dropped or given up by the client
 */
export function answerStream(
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  stallMs: number,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  let reader: PieceReader | undefined = body instanceof ReadableStream
    ? body.getReader()
    : readerOf(body);
  let timer: ReturnType<typeof setTimeout>;
  const close = () => {
    clearTimeout(timer);
    if (reader) onEnd();
    const open = reader;
    reader = undefined;
    return open;
  };
  const startTimer = (controller: ReadableStreamDefaultController) => {
    timer = setTimeout(() => {
      const open = close();
      const seconds = stallMs / 1000;
      const detail = `Cannot send answer: its client took none of it for ${seconds} seconds`;
      controller.error(new DOMException(detail, "TimeoutError"));
      open?.cancel().catch(() => {});
    }, stallMs);
    // Deno.serve may drop an answer without a word when its client leaves: nothing may wait for that.
    (timer as { unref?(): void }).unref?.();
  };
  return new ReadableStream({
    start: startTimer,
    async pull(controller) {
      clearTimeout(timer);
      try {
        const { done, value } = await reader!.read();
        if (!reader) return;
        if (done) {
          close();
          return controller.close();
        }
        controller.enqueue(value);
        startTimer(controller);
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
