/** A file or standard input, piece by piece. */
import { reasonOf } from "./files.ts";
import { gunzipped, isGzip } from "./gzip.ts";
import type { Io } from "../io.ts";

/** Bytes read at once: some thousand rows, whose numbers stay in a processor's caches. */
const PIECE_BYTES = 1 << 18;

/**
 * The pieces of a file, or of standard input for "-".
 * @throws TypeError if there is no such file, or it cannot be read
 */
export function piecesOf(path: string, io: Io): AsyncIterable<Uint8Array> {
  if (path === "-") return io.stdinPieces();
  return isGzip(path) ? gunzipped(path, filePieces(path)) : filePieces(path);
}

async function* filePieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await orReason(path, () => Deno.open(path));
  try {
    for (;;) {
      const buffer = new Uint8Array(PIECE_BYTES);
      const count = await orReason(path, () => file.read(buffer));
      if (count === null) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    file.close();
  }
}

async function orReason<Value>(path: string, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    throw new TypeError(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Standard input, of which the first bytes are known before it is read. */
export async function peekedInput(
  io: Io,
): Promise<{ readonly first: Uint8Array; readonly io: Io }> {
  const pieces = io.stdinPieces()[Symbol.asyncIterator]();
  const { value: first = new Uint8Array() } = await pieces.next();
  async function* stdinPieces(): AsyncGenerator<Uint8Array> {
    yield first;
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
  }
  const stdin = async () => {
    const all: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of stdinPieces()) all.push(new Uint8Array(piece));
    return new Uint8Array(await new Blob(all).arrayBuffer());
  };
  return { first, io: { ...io, stdin, stdinPieces } };
}
