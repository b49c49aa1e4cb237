/** Gzip: files are recognised by name (`t.csv.gz` is a `t.csv`), standard input by its first bytes. */
import { isRefusal } from "../core/errors.ts";

export function isGzip(path: string): boolean {
  return /\.gz$/i.test(path);
}

/** The name of the uncompressed file. */
export function withoutGz(path: string): string {
  return path.replace(/\.gz$/i, "");
}

/** @throws TypeError naming the file unless it is complete and in gzip format */
export async function* gunzipped(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* gunzip(pieces);
  } catch (cause) {
    if (isRefusal(cause)) throw cause;
    throw new TypeError(`Cannot read ${path}: expected a complete gzip file`, { cause });
  }
}

/** Standard input, decompressed if it starts like a gzip file. */
export async function* unpackedInput(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let start: Uint8Array = new Uint8Array();
  const rest = pieces[Symbol.asyncIterator]();
  // One byte is not enough to tell.
  while (start.length < 2) {
    const { done, value } = await rest.next();
    if (done) break;
    start = start.length === 0 ? value : Uint8Array.of(...start, ...value);
  }
  const all = prepended(start, rest);
  yield* start[0] === 0x1f && start[1] === 0x8b ? gunzipped("standard input", all) : all;
}

async function* prepended(
  start: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (start.length > 0) yield start;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/**
 * Streams by hand: not every browser has `ReadableStream.from`, or iterates over a stream.
 * @throws TypeError from the decompressor for what is not gzip, or not complete; what `pieces` throws
 */
export async function* gunzip(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const rest = pieces[Symbol.asyncIterator]();
  const packed = new ReadableStream<BufferSource>({
    async pull(controller) {
      const { done, value } = await rest.next();
      if (done) controller.close();
      else controller.enqueue(value as Uint8Array<ArrayBuffer>);
    },
    cancel: async () => void await rest.return?.(),
  });
  const reader = packed.pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
