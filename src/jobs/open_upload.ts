/**
 * Opens an upload as a table that is read in parts. Its bytes are in memory; its cells, which may be many times as
 * large, need not be.
 */
import { formatOf } from "../formats/mod.ts";
import type { OpenFile } from "../formats/random_access.ts";
import {
  needsFile,
  openFile,
  type OpenTable,
  openTable,
  requireCsv,
} from "../formats/sample/table_parts.ts";
import { asTableText } from "../formats/table_text.ts";
import { YIELD_MS } from "../trained/turns.ts";

/** Bytes of a text read at once. */
const PIECE = 1 << 20;

/** A file that a caller has uploaded. */
export interface UploadedTable {
  /** Its name, whose extension gives the format. */
  readonly source: string;
  /** Whether CSV starts with a header line (default). */
  readonly header?: boolean;
}

/**
 * @param signal stops the reading, after messages to the thread have had their turn
 * @throws DataError for text in no known encoding, an unknown extension, or no header line in a format without any
 */
export async function openUpload(
  { source, header = true }: UploadedTable,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<OpenTable> {
  const extension = formatOf(source, bytes), pause = pauses(signal);
  if (!header) requireCsv(source, extension);
  return needsFile(extension)
    ? openFile(source, inMemory(bytes, pause), extension)
    : await openTable(source, piecesOf(asTableText(bytes, source), pause), { header });
}

type Pause = () => Promise<void>;

async function* piecesOf(bytes: Uint8Array, pause: Pause): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) {
    await pause();
    yield bytes.subarray(at, at + PIECE);
  }
}

function inMemory(bytes: Uint8Array, pause: Pause): OpenFile {
  return {
    byteLength: bytes.length,
    async slice(start, end) {
      await pause();
      return new Uint8Array(bytes.subarray(start, end)).buffer;
    },
    [Symbol.dispose]() {},
  };
}

/**
 * A turn now and then, not for every slice: an array that is stored by columns has thousands, and a timer takes 2 ms.
 */
function pauses(signal?: AbortSignal): Pause {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= YIELD_MS) {
      await new Promise((done) => void setTimeout(done));
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}
