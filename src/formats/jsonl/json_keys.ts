/** The keys of JSON lines, known by their bytes once a row has had them: so that they are compared and not parsed. */

/** So many are known by their bytes. */
const MOST_KEYS = 8192;

/** So many that are no column are told of; rows may have new ones for ever. */
const MOST_UNKNOWN = 1000;

const QUOTE = 0x22;

/** One of them. */
export interface Key {
  /** Its quotes included. */
  readonly bytes: Uint8Array;
  /** Its column, or -1. */
  readonly column: number;
  /** The last row that had it. */
  row: number;
  /** The one that followed there. */
  next?: Key;
}

/** Those of a file. */
export class JsonKeys {
  readonly #columns: ReadonlyMap<string, number>;
  /** By what stands between the quotes, a character for each byte. */
  readonly #known = new Map<string, Key>();
  readonly #unknown = new Set<string>();
  #told = 0;

  /** @param columns names of those that are read */
  constructor(columns: readonly string[]) {
    this.#columns = new Map(columns.map((name, c) => [name, c]));
  }

  /** A key that a row had. @returns its column, or -1 */
  meet(name: string, row: number): number {
    const column = this.#columns.get(name) ?? -1, quoted = JSON.stringify(name);
    if (column < 0 && this.#unknown.size < MOST_UNKNOWN) this.#unknown.add(name);
    // One with anything to escape has more than one form.
    if (this.#known.size >= MOST_KEYS || quoted.length !== name.length + 2) return column;
    const bytes = new TextEncoder().encode(quoted);
    const text = new TextDecoder("latin1").decode(bytes.subarray(1, -1));
    if (!this.#known.has(text)) this.#known.set(text, { bytes, column, row });
    return column;
  }

  /**
   * The key that begins at a place, if it is known.
   * @param text of all bytes, a character for each
   * @param expected the first to compare with
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

  /** Those that are no column and were met since the last call. */
  newlyUnknown(): string[] {
    if (this.#unknown.size === this.#told) return [];
    const met = [...this.#unknown].slice(this.#told);
    this.#told = this.#unknown.size;
    return met;
  }
}
