/** Files of which any part can be read: some formats have their directory at the end. */

/** A file that can be read in parts. */
export interface RandomAccess {
  /** The file's size. */
  readonly byteLength: number;
  /** The bytes from `start` up to `end`, or to the last. */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** A file of which any part can be read, until it is closed. */
export type OpenFile = RandomAccess & Disposable;

/** Keeps what arrives in a file. */
export type Spool = (pieces: AsyncIterable<Uint8Array>) => Promise<OpenFile>;

/** Bytes read at once. */
const PIECE_BYTES = 1 << 18;

/** A part of a file, piece by piece. */
export async function* piecesBetween(
  file: RandomAccess,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = start; at < end; at += PIECE_BYTES) {
    yield new Uint8Array(await file.slice(at, Math.min(end, at + PIECE_BYTES)));
  }
}
