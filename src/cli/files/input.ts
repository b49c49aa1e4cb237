/** A file or standard input, piece by piece. */
import {
  needsFile,
  openFile,
  type OpenTable,
  openTable,
  requireCsv,
} from "../../formats/sample/table_parts.ts";
import type { OpenFile } from "../../formats/random_access.ts";
import { piecesAsTableText } from "../../formats/table_text.ts";
import { untilAborted } from "./until_aborted.ts";
import { naming, reasonOf, writeAll } from "./files.ts";
import { endingOf } from "../text/paths.ts";
import { gunzipped, isGzip, unpackedInput } from "../../formats/gzip.ts";
import { type Io, note, withStreams } from "../io.ts";
import { dataName } from "../text/text.ts";

/** Bytes read at once: some thousand rows, whose numbers stay in the processor's caches. */
const PIECE_BYTES = 1 << 18;

/**
 * The pieces of a file, or of standard input for "-"; text of other encodings as UTF-8.
 * @param onBytes called with the size of each piece of the file, before decompression
 * @throws TypeError if the file does not exist or cannot be read
 */
export function inputPieces(
  path: string,
  io: Io,
  onBytes: (count: number) => void = () => {},
): AsyncIterable<Uint8Array> {
  if (path === "-") return inputAsUtf8(io.stdinPieces(), io);
  const pieces = filePieces(path, onBytes);
  if (isStandardInput(path)) return inputAsUtf8(pieces, io);
  return piecesAsTableText(
    isGzip(path) ? gunzipped(path, pieces) : pieces,
    path,
    encodingWarning(path, io),
  );
}

/** Standard input as text, or its bytes if it is not text. */
function inputAsUtf8(
  pieces: AsyncIterable<Uint8Array>,
  io: Io,
): AsyncGenerator<Uint8Array> {
  return piecesAsTableText(unpackedInput(pieces), "-", encodingWarning("-", io));
}

/**
 * Whether a path names no file, but what a shell opened: `-`, `/dev/stdin` or, for `<(zcat t.csv.gz)`, `/dev/fd/63`.
 */
export function isStandardInput(path: string): boolean {
  return /^(-|\/dev\/stdin|\/(dev|proc\/self)\/fd\/\d+)$/.test(path);
}

/** Reports that a file is taken for Windows-1252. */
function encodingWarning(path: string, io: Io): () => void {
  return () => note(io, `${dataName(path)} is not UTF-8, and is read as Windows-1252`);
}

/** How a table is opened. */
export interface OpenDataOptions {
  /** As for `inputPieces`. */
  readonly onBytes?: (count: number) => void;
  /** Ends the wait for a silent pipe. */
  readonly signal?: AbortSignal;
  /** Whether CSV starts with a header line. */
  readonly header?: boolean;
}

/**
 * A table to be read in parts. Of a format that needs a file, standard input, pipes and compressed files are kept in a
 * temporary one.
 */
export async function openData(
  path: string,
  io: Io,
  { onBytes = () => {}, signal, header = true }: OpenDataOptions = {},
): Promise<OpenTable> {
  const extension = endingOf(path), open = { spool: spooled, header };
  const isPipe = await Deno.stat(path).then(({ isFifo }) => isFifo, () => false);
  if (needsFile(extension) && !isPipe) {
    if (!header) requireCsv(path, extension);
    return openFile(path, await openRandomAccess(path, onBytes), extension, spooled);
  }
  const pieces = inputPieces(path, io, onBytes), name = isStandardInput(path) ? "-" : path;
  return await openTable(name, signal ? untilAborted(pieces, signal) : pieces, open);
}

/**
 * What arrives, in a temporary file. It has no name any more when it is read, so that nothing is left of it however the
 * process ends.
 */
async function spooled(pieces: AsyncIterable<Uint8Array>): Promise<OpenFile> {
  const path = await naming("a temporary file", () => Deno.makeTempFile({ prefix: "elbow-" }));
  let file: Deno.FsFile | undefined;
  try {
    file = await Deno.open(path, { read: true, write: true });
    await Deno.remove(path);
    for await (const piece of pieces) await writeAll(file, path, piece);
    return await randomAccess(path, file);
  } catch (error) {
    file?.close();
    await Deno.remove(path).catch(() => {});
    throw error;
  }
}

/** A file of which any part can be read. */
async function openRandomAccess(path: string, onBytes: (count: number) => void): Promise<OpenFile> {
  const file = await withReason(path, () => Deno.open(path));
  try {
    return await randomAccess(path, file, onBytes);
  } catch (error) {
    file.close();
    throw error;
  }
}

async function randomAccess(
  path: string,
  file: Deno.FsFile,
  onBytes: (count: number) => void = () => {},
): Promise<OpenFile> {
  const { size } = await file.stat();
  // One read at a time: a file has only one position.
  let previous: Promise<unknown> = Promise.resolve();
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    const bytes = new Uint8Array(Math.max(0, end - start));
    await file.seek(start, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) {
      const count = await file.read(bytes.subarray(at));
      if (count === null) return bytes.buffer.slice(0, at);
      onBytes(count);
      at += count;
    }
    return bytes.buffer;
  };
  return {
    byteLength: size,
    slice(start, end = size) {
      const from = start < 0 ? size + start : start;
      const next = previous.then(() => withReason(path, () => read(from, Math.min(end, size))));
      previous = next.catch(() => {});
      return next;
    },
    [Symbol.dispose]: () => file.close(),
  };
}

async function* filePieces(
  path: string,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  const file = await withReason(path, () => Deno.open(path));
  try {
    for (;;) {
      const buffer = new Uint8Array(PIECE_BYTES);
      const count = await withReason(path, () => file.read(buffer));
      if (count === null) return;
      onBytes(count);
      yield buffer.subarray(0, count);
    }
  } finally {
    file.close();
  }
}

async function withReason<Value>(path: string, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    throw new TypeError(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Standard input, also by the name of its device, with its first bytes known in advance. */
export async function peekedInput(
  path: string,
  io: Io,
): Promise<{ readonly first: Uint8Array; readonly io: Io }> {
  const pieces = inputPieces(path, io)[Symbol.asyncIterator]();
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
  return { first, io: withStreams(io, { stdin, stdinPieces }) };
}

/** Standard input that can be read more than once. */
export function repeatable(io: Io): Io {
  let pieces: Promise<Uint8Array[]> | undefined;
  return withStreams(io, {
    async *stdinPieces() {
      yield* await (pieces ??= Array.fromAsync(io.stdinPieces(), (piece) => piece.slice()));
    },
  });
}
