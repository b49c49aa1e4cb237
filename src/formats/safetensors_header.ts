/**
 * The JSON header of a safetensors file, read by a parser that knows only what such a header may hold.
 * Source: safetensors README, "Format"; grammar of RFC 8259. Unlike JSON.parse it refuses repeated keys, which would
 * let two readers see two different models in one file. It is linear, three levels deep, and never builds an object
 * from a key of the file, so that names such as `__proto__` are plain names.
 * Limits: whole numbers below 2^53; 4096 tensors; a tensor entry has exactly dtype, shape and data_offsets.
 */

/** A safetensors file that breaks the format; the message says which rule. */
export class SafetensorsError extends SyntaxError {
  /** Class name, for logs. */
  override readonly name: string = "SafetensorsError";

  /**
   * Completes "Cannot read safetensors: ...".
   * @param fault what must hold, then what is there instead
   */
  constructor(fault: string) {
    // A hostile header may hold names of a megabyte.
    const shown = fault.length > 400 ? `${fault.slice(0, 400)}…` : fault;
    super(`Cannot read safetensors: ${shown}`);
  }
}

/** A header of a model of this library takes some kilobytes; a larger one is a mistake or an attack. */
export const MAX_HEADER_BYTES = 1_000_000;

/** Most tensors that one file may hold; ours, far above any model of this library. */
export const MAX_TENSORS = 4096;

/** One tensor entry, not yet checked against the data. */
export interface HeaderEntry {
  /** Name of the element type. */
  readonly dtype: string;
  /** Sizes, outermost first; none for a scalar. */
  readonly shape: readonly number[];
  /** First byte and the byte after the last, relative to the end of the header. */
  readonly offsets: readonly [number, number];
}

/** A parsed header. */
export interface Header {
  /** Entries by tensor name, in the order of the file. */
  readonly entries: ReadonlyMap<string, HeaderEntry>;
  /** Free text by name. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Parses the header text; anything but whitespace after its closing brace is refused. */
export function parseHeader(text: string): Header {
  return new HeaderParser(text).parse();
}

class HeaderParser {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Header {
    const entries = new Map<string, HeaderEntry>();
    let metadata = new Map<string, string>();
    this.#object((name) => {
      if (name === "__metadata__") metadata = this.#metadata();
      else entries.set(name, this.#entry(name));
      if (entries.size > MAX_TENSORS) {
        throw new SafetensorsError(`header must hold at most ${MAX_TENSORS} tensors`);
      }
    });
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#refuse("the end of the header");
    return { entries, metadata };
  }

  #metadata(): Map<string, string> {
    const metadata = new Map<string, string>();
    this.#object((key) => metadata.set(key, this.#string()));
    return metadata;
  }

  #entry(name: string): HeaderEntry {
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    this.#object((key) => {
      if (key === "dtype") dtype = this.#string();
      else if (key === "shape") shape = this.#integers();
      else if (key === "data_offsets") offsets = this.#integers();
      else this.#refuse("dtype, shape or data_offsets");
    });
    const quoted = JSON.stringify(name);
    if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
      throw new SafetensorsError(
        `tensor ${quoted} must have a dtype, a shape and two data_offsets`,
      );
    }
    return { dtype, shape, offsets: [offsets[0], offsets[1]] };
  }

  /** Reads `{...}`, calling `member` at each value; repeated keys are refused. */
  #object(member: (key: string) => void): void {
    const keys = new Set<string>();
    this.#expect("{");
    if (this.#take("}")) return;
    do {
      const key = this.#string();
      if (keys.has(key)) {
        throw new SafetensorsError(
          `header must hold each key once: ${JSON.stringify(key)} repeats`,
        );
      }
      keys.add(key);
      this.#expect(":");
      member(key);
    } while (this.#take(","));
    this.#expect("}");
  }

  #integers(): number[] {
    const values: number[] = [];
    this.#expect("[");
    if (this.#take("]")) return values;
    do values.push(this.#integer()); while (this.#take(","));
    this.#expect("]");
    return values;
  }

  #integer(): number {
    this.#skipSpace();
    const start = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    const digits = this.#text.slice(start, this.#at);
    const value = Number(digits);
    const leadingZero = digits.length > 1 && digits.startsWith("0");
    if (digits.length === 0 || leadingZero || !Number.isSafeInteger(value)) {
      this.#at = start;
      this.#refuse("a whole number below 2^53");
    }
    return value;
  }

  #string(): string {
    this.#skipSpace();
    const start = this.#at;
    if (this.#text[start] !== '"') this.#refuse("a string");
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') {
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    const value = parseString(this.#text.slice(start, end + 1));
    if (value === undefined) return this.#refuse("a valid string");
    this.#at = end + 1;
    return value;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #take(token: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) this.#refuse(JSON.stringify(token));
  }

  #refuse(expected: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 12);
    const found = rest.length === 0 ? "the end" : JSON.stringify(rest);
    throw new SafetensorsError(
      `header must hold ${expected} at character ${this.#at}: current value is ${found}`,
    );
  }
}

/** A JSON string literal, or undefined if it is malformed or holds half of a surrogate pair. */
function parseString(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === "string" && value.isWellFormed() ? value : undefined;
  } catch {
    return undefined;
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}
