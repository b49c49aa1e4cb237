/**
 * Decodes the bytes of a text file to strings, piece by piece, so that a file may be longer than the longest string.
 * Source: UTF-8 (RFC 3629); a byte order mark at the start is dropped. Limits: no other encoding is read.
 */
import { DataError } from "../errors.ts";
import { utf16Of } from "./as_utf8.ts";

const PIECE_BYTES = 1 << 20;

/** The length of the byte order mark of UTF-8 with which a file begins; 0 without one. */
export function markLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** The text of a UTF-8 file in pieces of about 1 MiB; bytes that are not UTF-8 are refused. */
export function* decodeText(bytes: Uint8Array, source: string): Generator<string, void> {
  const decode = textDecoder(source);
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    const end = Math.min(start + PIECE_BYTES, bytes.length);
    yield decode(bytes.subarray(start, end), end < bytes.length);
  }
}

/** Decodes the pieces of a UTF-8 file one by one; `more` says that another piece follows. */
export function textDecoder(source: string): (piece: Uint8Array, more: boolean) => string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return (piece, more) => {
    try {
      return decoder.decode(piece, { stream: more });
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      const actual = encodingOf(piece);
      throw new DataError({ source, expected: "UTF-8 text", actual }, { cause });
    }
  };
}

/** Describes bytes that are not UTF-8, for a message. */
function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    return "compressed by gzip (unpack it, or name the file .gz)";
  }
  return utf16Of(bytes) ? "UTF-16 text" : "bytes of another encoding";
}
