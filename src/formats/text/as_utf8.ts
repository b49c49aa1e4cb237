/**
 * Converts text of other encodings, as spreadsheets and shells on Windows write it, to UTF-8:
 *
 *   UTF-16        recognised by its byte order mark, or if of its first four characters all are ASCII
 *   Windows-1252  what is not UTF-8, if all text before it is ASCII, which is the same in both, and no control
 *                 characters at the start say that it is no text. Latin-1 is a part of it
 *
 * All other bytes are unchanged.
 */
import { concatBytes } from "../../core/bytes/bytes.ts";
import { DataError } from "../errors.ts";
import { type Converter, convertPieces, convertWhole } from "./converter.ts";

/** The encoding that the byte order mark indicates, or zeros in every other byte. */
export function utf16Of(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = bytes,
    zeros = bytes.subarray(0, MIN_BYTES).reduce(
      (sum, byte, i) => byte === 0 ? sum + (i % 2 === 0 ? 1 : 8) : sum,
      0,
    );
  if (first === 0xff && second === 0xfe || zeros === 4 * 8) return "utf-16le";
  return first === 0xfe && second === 0xff || zeros === 4 ? "utf-16be" : undefined;
}

/**
 * The bytes of a file as UTF-8, if they are text of another encoding.
 * @param onGuess called if they are taken for Windows-1252
 * @throws DataError for invalid UTF-16
 */
export function asUtf8(bytes: Uint8Array, source: string, onGuess?: () => void): Uint8Array {
  return convertWhole(bytes, new Recoder(source, onGuess));
}

/** The same, piece by piece. */
export function piecesAsUtf8(
  pieces: AsyncIterable<Uint8Array>,
  source: string,
  onGuess?: () => void,
): AsyncGenerator<Uint8Array> {
  return convertPieces(pieces, new Recoder(source, onGuess));
}

const NONE = new Uint8Array();

/** Bytes by which a format that is no text is told: NumPy's seventh is the first control character. */
const MIN_BYTES = 8;

/** Bytes in which text has no control characters. */
const START_BYTES = 1024;

/** Whether the start of a file holds control characters other than white space. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, START_BYTES).some((byte) => byte < 32 && (byte < 9 || byte > 13));
}

/** The place of the first byte above 127; the number of bytes if there is none. */
function firstBeyondAscii(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && bytes[at] < 128) at++;
  return at;
}

/** The bytes of a character of UTF-8 that begins with this one; 1 for a byte that begins none. */
function lengthOf(byte: number): number {
  if (byte < 0xc2 || byte > 0xf4) return 1;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

class Recoder implements Converter {
  readonly #source: string;
  readonly #onGuess: () => void;
  /** Bytes that do not yet tell. */
  #held: Uint8Array = NONE;
  #isStart = true;
  /** Once it is known; null for bytes that stay as they are. */
  #decoder: TextDecoder | null | undefined;

  constructor(source: string, onGuess = () => {}) {
    this.#source = source;
    this.#onGuess = onGuess;
  }

  push(piece: Uint8Array): Uint8Array {
    if (this.#decoder === undefined) return this.#judge(piece, false);
    return this.#decoded(piece, true);
  }

  end(): Uint8Array {
    if (this.#decoder === undefined) return this.#judge(NONE, true);
    return this.#decoder === null ? NONE : this.#decoded(NONE, false);
  }

  #judge(piece: Uint8Array, isLast: boolean): Uint8Array {
    const bytes = this.#held.length === 0 ? piece : concatBytes([this.#held, piece]);
    this.#held = NONE;
    if (this.#isStart) {
      if (bytes.length < MIN_BYTES && !isLast) return this.#hold(bytes, 0);
      this.#isStart = false;
      const encoding = utf16Of(bytes);
      if (encoding !== undefined) this.#decoder = new TextDecoder(encoding, { fatal: true });
      else if (isBinary(bytes)) this.#decoder = null;
      if (this.#decoder !== undefined) return this.#decoded(bytes, !isLast);
    }
    const first = firstBeyondAscii(bytes);
    if (first === bytes.length) return bytes;
    const length = lengthOf(bytes[first]), isCut = first + length > bytes.length;
    if (isCut && !isLast) return this.#hold(bytes, first);
    const rest = bytes.subarray(first + 1, first + length);
    const isUtf8 = length > 1 && !isCut && rest.every((byte) => (byte & 0xc0) === 0x80);
    this.#decoder = isUtf8 ? null : new TextDecoder("windows-1252");
    if (!isUtf8) this.#onGuess();
    return this.#decoded(bytes, !isLast);
  }

  #hold(bytes: Uint8Array, from: number): Uint8Array {
    this.#held = bytes.slice(from);
    return bytes.subarray(0, from);
  }

  #decoded(bytes: Uint8Array, stream: boolean): Uint8Array {
    if (!this.#decoder) return bytes;
    try {
      return new TextEncoder().encode(this.#decoder.decode(bytes, { stream }));
    } catch (cause) {
      const expected = "UTF-16 text, as its byte order mark says";
      throw new DataError({ source: this.#source, expected }, { cause });
    }
  }
}
