/** Conversions of a file's bytes that take it whole or piece by piece: written once, as a converter of pieces. */
import { concatBytes } from "../../core/bytes/bytes.ts";

/** Converts the pieces of one file, in order. */
export interface Converter {
  push(piece: Uint8Array): Uint8Array;
  /** What is left after the last piece. */
  end(): Uint8Array;
}

export function convertWhole(bytes: Uint8Array, converter: Converter): Uint8Array {
  const start = converter.push(bytes), end = converter.end();
  return end.length === 0 ? start : concatBytes([start, end]);
}

/** Pieces that convert to nothing are left out. */
export async function* convertPieces(
  pieces: AsyncIterable<Uint8Array>,
  converter: Converter,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    const converted = converter.push(piece);
    if (converted.length > 0) yield converted;
  }
  const end = converter.end();
  if (end.length > 0) yield end;
}
