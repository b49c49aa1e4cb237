/** The bytes of a table as its reader takes them: text as UTF-8, and a JSON array of rows as JSON lines. */
import { ArrayLines, mayBeArray } from "./jsonl/array_lines.ts";
import { asUtf8, piecesAsUtf8 } from "./text/as_utf8.ts";
import { convertPieces, convertWhole } from "./text/converter.ts";

/**
 * The bytes of a whole file.
 * @param onGuess called if they are taken for Windows-1252
 */
export function asTableText(bytes: Uint8Array, source: string, onGuess?: () => void): Uint8Array {
  const text = asUtf8(bytes, source, onGuess);
  return mayBeArray(source) ? convertWhole(text, new ArrayLines(source)) : text;
}

/** The same, piece by piece. */
export function piecesAsTableText(
  pieces: AsyncIterable<Uint8Array>,
  source: string,
  onGuess?: () => void,
): AsyncGenerator<Uint8Array> {
  const text = piecesAsUtf8(pieces, source, onGuess);
  return mayBeArray(source) ? convertPieces(text, new ArrayLines(source)) : text;
}
