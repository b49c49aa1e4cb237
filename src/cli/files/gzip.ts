/** Files that were compressed by gzip, by their names: `t.csv.gz` is a `t.csv`. */

export function isGzip(path: string): boolean {
  return /\.gz$/i.test(path);
}

/** The name of what is inside. */
export function withoutGz(path: string): string {
  return path.replace(/\.gz$/i, "");
}

/** @throws TypeError naming the file unless it is whole and one that gzip wrote */
export async function* gunzipped(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const compressed = ReadableStream.from(pieces) as ReadableStream<BufferSource>;
  try {
    yield* compressed.pipeThrough(new DecompressionStream("gzip"));
  } catch (cause) {
    if (cause instanceof TypeError && cause.message.startsWith("Cannot read ")) throw cause;
    throw new TypeError(`Cannot read ${path}: it must be a whole file of gzip`, { cause });
  }
}
