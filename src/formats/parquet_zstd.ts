/**
 * Zstandard in a Parquet page. A frame may claim any size, and four bytes of it may stand for 128 KiB, so no more is
 * unpacked than the page states.
 * Source: fzstd 0.1.1; RFC 8878, 3.1.1 for the frame's header.
 */
import { Decompress, decompress } from "npm:fzstd@0.1.1";

/** The most bytes back that a frame may refer to: what `zstd --long` uses. */
const MAX_WINDOW = 2 ** 27;

/** Bytes of a dictionary's id, by the flags that announce it. */
const DICTIONARY_BYTES = [0, 1, 2, 4];

/** @throws RangeError unless these are `length` bytes, packed */
export function unpackZstd(packed: Uint8Array, length: number): Uint8Array {
  const { content, window } = frameHeader(packed);
  if (content === length) return decompress(packed, new Uint8Array(length));
  if (content !== undefined) throw wrongLength(length);
  if (window > MAX_WINDOW) {
    throw new RangeError(`Cannot unpack page: its window has ${window} bytes`);
  }
  const unpacked = new Uint8Array(length);
  let at = 0;
  new Decompress((piece) => {
    if (piece.length > length - at) throw wrongLength(length);
    unpacked.set(piece, at);
    at += piece.length;
  }).push(packed, true);
  if (at < length) throw wrongLength(length);
  return unpacked;
}

function wrongLength(length: number): RangeError {
  return new RangeError(`Cannot unpack page: expected ${length} bytes`);
}

/** The size of the first frame's content, if it is stated, and of its window. */
function frameHeader(
  frame: Uint8Array,
): { readonly content: number | undefined; readonly window: number } {
  const flags = frame[4], isSingle = (flags & 0x20) !== 0, sizeFlag = flags >> 6;
  const [descriptor] = isSingle ? [0] : frame.subarray(5);
  const base = 2 ** (10 + (descriptor >> 3)), window = base + (base / 8) * (descriptor & 7);
  const bytes = sizeFlag === 0 ? Number(isSingle) : 2 ** sizeFlag;
  const start = (isSingle ? 5 : 6) + DICTIONARY_BYTES[flags & 3];
  const size = frame.subarray(start, start + bytes).reduceRight((sum, byte) => sum * 256 + byte, 0);
  return { content: bytes === 0 ? undefined : size + (bytes === 2 ? 256 : 0), window };
}
