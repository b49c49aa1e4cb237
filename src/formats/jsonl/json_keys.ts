/** The keys of JSON lines, recognised by their bytes once they have occurred, so that they need no parsing. */

/** The most keys that are recognised by their bytes. */
const MAX_KEYS = 8192;

/** The most unknown keys that are reported, because rows could have new ones for ever. */
const MAX_UNKNOWN = 1000;

const QUOTE = 0x22;

/** A key. */
export interface Key {
  /** Its bytes, including the quotes. */
  readonly bytes: Uint8Array;
  /** Its column, or -1. */
  readonly column: number;
  /** The last row that had it. */
  row: number;
  /** The key that followed it in that row. */
  next?: Key;
}

/** The keys of a file. */
export class JsonKeys {
  readonly #columns: ReadonlyMap<string, number>;
  /** By the text between the quotes, one character per byte. */
  readonly #known = new Map<string, Key>();
  readonly #unknown = new Set<string>();
  #reported = 0;

  /** @param columns names of the columns that are read */
  constructor(columns: readonly string[]) {
    this.#columns = new Map(columns.map((name, c) => [name, c]));
  }

  /** Registers a key of a row. @returns its column, or -1 */
  register(name: string, row: number): number {
    const column = this.#columns.get(name) ?? -1, quoted = JSON.stringify(name);
    if (column < 0 && this.#unknown.size < MAX_UNKNOWN) this.#unknown.add(name);
    // A key with characters to escape has more than one form.
    if (this.#known.size >= MAX_KEYS || quoted.length !== name.length + 2) return column;
    const bytes = new TextEncoder().encode(quoted);
    const text = new TextDecoder("latin1").decode(bytes.subarray(1, -1));
    if (!this.#known.has(text)) this.#known.set(text, { bytes, column, row });
    return column;
  }

  /**
   * The key that starts at a position, if it is known.
   * @param text all bytes as text, one character per byte
   * @param expected the key to compare with first
   */
  at(
    bytes: Uint8Array,
    text: () => string,
    at: number,
    expected: Key | undefined,
  ): Key | undefined {
    if (expected) {
      const own = expected.bytes;
      let i = 0;
      while (i < own.length && bytes[at + i] === own[i]) i++;
      if (i === own.length) return expected;
    }
    if (bytes[at] !== QUOTE) return undefined;
    const end = bytes.indexOf(QUOTE, at + 1);
    return end < 0 ? undefined : this.#known.get(text().substring(at + 1, end));
  }

  /** Keys without a column that occurred since the last call. */
  newlyUnknown(): string[] {
    if (this.#unknown.size === this.#reported) return [];
    const newNames = [...this.#unknown].slice(this.#reported);
    this.#reported = this.#unknown.size;
    return newNames;
  }
}
