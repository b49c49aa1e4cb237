/** The bytes of a table as its reader takes them: text as UTF-8, and a JSON array of rows as JSON lines. */
import { concatBytes } from "../../core/bytes/bytes.ts";
import { ArrayLines, mayBeArray } from "../jsonl/array_lines.ts";
import { asUtf8, piecesAsUtf8 } from "./as_utf8.ts";

/**
 * The bytes of a whole file.
 * @param onGuess called if they are taken for Windows-1252
 */
export function asTableText(bytes: Uint8Array, source: string, onGuess?: () => void): Uint8Array {
  const text = asUtf8(bytes, source, onGuess);
  if (!mayBeArray(source)) return text;
  const lines = new ArrayLines(source), start = lines.push(text), end = lines.end();
  return end.length === 0 ? start : concatBytes([start, end]);
}

/** The same, piece by piece. */
export async function* piecesAsTableText(
  pieces: AsyncIterable<Uint8Array>,
  source: string,
  onGuess?: () => void,
): AsyncGenerator<Uint8Array> {
  const text = piecesAsUtf8(pieces, source, onGuess);
  if (!mayBeArray(source)) return yield* text;
  const lines = new ArrayLines(source);
  for await (const piece of text) {
    const converted = lines.push(piece);
    if (converted.length > 0) yield converted;
  }
  const end = lines.end();
  if (end.length > 0) yield end;
}
