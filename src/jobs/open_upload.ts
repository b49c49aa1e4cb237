/**
 * Opens an upload as a table that is read in parts. Its bytes are in memory; its cells, which may be many times as
 * large, need not be.
 */
import { formatOf } from "../formats/mod.ts";
import type { OpenFile } from "../formats/random_access.ts";
import { needsFile, openFile, type OpenTable, openTable } from "../formats/sample/table_parts.ts";
import { asTableText } from "../formats/text/table_text.ts";

/** Bytes of a text read at once. */
const PIECE = 1 << 20;

/**
 * @param signal stops the reading; it is looked at between pieces, when messages to the thread arrive
 * @throws DataError for text in no known encoding, or an unknown extension
 */
export async function openUpload(
  source: string,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<OpenTable> {
  const extension = formatOf(source, bytes);
  return needsFile(extension)
    ? openFile(source, inMemory(bytes, signal), extension)
    : await openTable(source, piecesOf(asTableText(bytes, source), signal));
}

async function* piecesOf(bytes: Uint8Array, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) {
    await turn(signal);
    yield bytes.subarray(at, at + PIECE);
  }
}

function inMemory(bytes: Uint8Array, signal?: AbortSignal): OpenFile {
  return {
    byteLength: bytes.length,
    async slice(start, end) {
      await turn(signal);
      return new Uint8Array(bytes.subarray(start, end)).buffer;
    },
    [Symbol.dispose]() {},
  };
}

/** Lets messages arrive. @throws the reason of the signal */
async function turn(signal?: AbortSignal): Promise<void> {
  await new Promise((done) => void setTimeout(done));
  signal?.throwIfAborted();
}
