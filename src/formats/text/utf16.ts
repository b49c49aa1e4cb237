/**
 * Converts UTF-16 text, as spreadsheets and shells on Windows write it, to UTF-8. It is recognised only by its byte
 * order mark. All other bytes are unchanged.
 */
import { DataError } from "../errors.ts";

/** The encoding that the byte order mark indicates. */
export function utf16Of([first, second]: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

/**
 * The bytes of a file as UTF-8, if they are UTF-16.
 * @throws DataError for invalid UTF-16
 */
export function asUtf8(bytes: Uint8Array, source: string): Uint8Array {
  const encoding = utf16Of(bytes);
  return encoding === undefined ? bytes : new Recoder(encoding, source).recode(bytes, true);
}

/** The same, piece by piece. */
export async function* piecesAsUtf8(
  pieces: AsyncIterable<Uint8Array>,
  source: string,
): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | undefined = new Uint8Array(), recoder: Recoder | undefined;
  for await (const piece of pieces) {
    if (!start) {
      yield recoder?.recode(piece) ?? piece;
      continue;
    }
    const first: Uint8Array = start.length === 0 ? piece : Uint8Array.of(...start, ...piece);
    // One byte is not enough to tell.
    start = first.length < 2 ? first : undefined;
    if (start) continue;
    const encoding = utf16Of(first);
    recoder = encoding && new Recoder(encoding, source);
    yield recoder?.recode(first) ?? first;
  }
  if (start) yield start;
  else if (recoder) yield recoder.recode(new Uint8Array(), true);
}

class Recoder {
  readonly #decoder: TextDecoder;
  readonly #source: string;

  constructor(encoding: string, source: string) {
    this.#decoder = new TextDecoder(encoding, { fatal: true });
    this.#source = source;
  }

  recode(bytes: Uint8Array, isLast = false): Uint8Array<ArrayBuffer> {
    try {
      return new TextEncoder().encode(this.#decoder.decode(bytes, { stream: !isLast }));
    } catch (cause) {
      const expected = "UTF-16 text, as its byte order mark says";
      throw new DataError({ source: this.#source, expected }, { cause });
    }
  }
}
