/**
 * Bytes of a text file to strings, piece by piece, so that a file may be longer than the longest string.
 * Source: UTF-8 (RFC 3629); a byte order mark at the start is dropped. Limits: no other encoding is read.
 */
import { DataError } from "../errors.ts";

const PIECE_BYTES = 1 << 20;

/** The text of a UTF-8 file in pieces of about 1 MiB; bytes that are not UTF-8 are refused. */
export function* decodeText(bytes: Uint8Array, source: string): Generator<string, void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      const end = Math.min(start + PIECE_BYTES, bytes.length);
      yield decoder.decode(bytes.subarray(start, end), { stream: end < bytes.length });
    }
  } catch (cause) {
    if (!(cause instanceof TypeError) || cause instanceof DataError) throw cause;
    throw new DataError({ source, subject: "file", expected: "UTF-8 text" }, { cause });
  }
}
