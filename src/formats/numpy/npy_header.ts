/**
 * The header of an NPY file: a Python dictionary literal with descr, fortran_order and shape, read by one linear scan.
 * Source: numpy.lib.format, versions 1.0, 2.0 and 3.0.
 * Limits: 10,000 bytes, as numpy; numeric scalar types only; nothing is evaluated.
 */
import { DataError, quoteValue } from "../errors.ts";

const MAX_HEADER_BYTES = 10_000;

/** A header ends within this number of bytes. */
export const HEADER_WITHIN: number = 12 + MAX_HEADER_BYTES;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/** The contents of an NPY header. */
export interface NpyHeader {
  /** Type string, for example "<f8". */
  readonly descr: string;
  /** Whether the first index varies fastest. */
  readonly fortranOrder: boolean;
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
  /** Where the data starts. */
  readonly offsetBytes: number;
}

/** Whether the bytes start as an NPY file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

/** Reads magic, version and header. */
export function readNpyHeader(bytes: Uint8Array, source: string): NpyHeader {
  const refuse = (subject: string | undefined, expected: string, actual?: string): never => {
    throw new DataError({ source, subject, expected, actual });
  };
  if (!isNpy(bytes)) refuse(undefined, "an NPY file, which starts with \\x93NUMPY");
  if (bytes.length < 10) refuse("NPY header", "complete", `${bytes.length} bytes`);
  const major = bytes[6];
  if (major < 1 || major > 3 || bytes[7] !== 0) {
    refuse("NPY version", "1.0, 2.0 or 3.0", `${major}.${bytes[7]}`);
  }
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) refuse("NPY header", "complete", `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) {
    refuse("NPY header", `at most ${MAX_HEADER_BYTES} bytes long`, `${length}`);
  }
  const offsetBytes = start + length;
  if (bytes.length < offsetBytes) {
    refuse("NPY header", `${length} bytes long`, `${bytes.length - start} bytes`);
  }
  // Versions 1 and 2 are Latin-1, version 3 is UTF-8; field names are refused below, so all valid headers are ASCII.
  const text = String.fromCharCode(...bytes.subarray(start, offsetBytes));
  return { ...new LiteralScanner(text, source).header(), offsetBytes };
}

class LiteralScanner {
  #at = 0;
  readonly #text: string;
  readonly #source: string;

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
  }

  header(): Omit<NpyHeader, "offsetBytes"> {
    const found: { descr?: string; fortranOrder?: boolean; shape?: readonly number[] } = {};
    this.#expect("{");
    while (!this.#take("}")) {
      const key = this.#string();
      this.#expect(":");
      if (key === "descr" && found.descr === undefined) found.descr = this.#descr();
      else if (key === "fortran_order" && found.fortranOrder === undefined) {
        found.fortranOrder = this.#boolean();
      } else if (key === "shape" && found.shape === undefined) found.shape = this.#tuple();
      else {this.#refuse(
          "a dictionary of descr, fortran_order and shape, each once",
          quoteValue(key),
        );}
      if (!this.#take(",")) {
        this.#expect("}");
        break;
      }
    }
    this.#skipSpace();
    const { descr, fortranOrder, shape } = found;
    if (this.#at < this.#text.length) this.#refuse("a single dictionary");
    if (descr === undefined || fortranOrder === undefined || shape === undefined) {
      return this.#refuse("a dictionary of descr, fortran_order and shape");
    }
    return { descr, fortranOrder, shape };
  }

  #refuse(expected: string, actual?: string, subject = "NPY header"): never {
    throw new DataError({ source: this.#source, subject, expected, actual });
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\n") this.#at++;
  }

  #take(token: string): boolean {
    this.#skipSpace();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) {
      const actual = quoteValue(this.#text.slice(this.#at, this.#at + 8));
      this.#refuse(`a dictionary with ${quoteValue(token)} at character ${this.#at}`, actual);
    }
  }

  #descr(): string {
    this.#skipSpace();
    if (this.#text[this.#at] === "[" || this.#text[this.#at] === "(") {
      this.#refuse("numeric", "a structured type", "array type");
    }
    return this.#string();
  }

  #string(): string {
    const quote = this.#take("'") ? "'" : '"';
    if (quote === '"') this.#expect('"');
    const end = this.#text.indexOf(quote, this.#at);
    if (end < 0) this.#refuse("a dictionary with closed strings");
    const value = this.#text.slice(this.#at, end);
    if (value.includes("\\")) this.#refuse("free of escapes", quoteValue(value));
    this.#at = end + 1;
    return value;
  }

  #boolean(): boolean {
    if (this.#take("True")) return true;
    this.#expect("False");
    return false;
  }

  #tuple(): number[] {
    const sizes: number[] = [];
    this.#expect("(");
    while (!this.#take(")")) {
      sizes.push(this.#size());
      if (this.#take(",")) continue;
      this.#expect(")");
      break;
    }
    return sizes;
  }

  #size(): number {
    this.#skipSpace();
    const start = this.#at;
    while (this.#text[this.#at] >= "0" && this.#text[this.#at] <= "9") this.#at++;
    const digits = this.#text.slice(start, this.#at);
    const size = Number(digits);
    if (digits.length === 0 || !Number.isSafeInteger(size)) {
      const actual = quoteValue(digits || this.#text.slice(start, start + 8));
      this.#refuse("whole numbers below 2^53", actual, "array shape");
    }
    return size;
  }
}
