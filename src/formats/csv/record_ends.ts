/**
 * Finds the ends of records in CSV, by character or by byte.
 * Source: RFC 4180: a line break inside quotes does not end a record. A quote opens only at the start of a cell: an
 * inch mark further on is a character like any other.
 * Limits: the separator need not be known yet, so a quote opens after any character that may be one.
 */

const TAB = 9, NEWLINE = 10, RETURN = 13, QUOTE = 34, COMMA = 44, SEMICOLON = 59, BAR = 124;

/** A byte order mark, as one character or as three bytes: a cell may still start after it. */
const MARKS: ReadonlySet<number> = new Set([0xfeff, 0xef, 0xbb, 0xbf]);

/** Whether a character may separate cells. */
function isSeparator(code: number): boolean {
  return code === COMMA || code === SEMICOLON || code === TAB || code === BAR;
}

/** Call `endsAt` for each character from the start of a record on. */
export class RecordEnds {
  #isInside = false;
  /**
   * Whether a quote that comes next opens, which also holds right after a closing one: the two are an escaped quote.
   */
  #mayOpen = true;

  /** Whether the last character was inside quotes. */
  get isInside(): boolean {
    return this.#isInside;
  }

  /** Whether this character, the next one, is a line break that ends a record. */
  endsAt(code: number): boolean {
    if (code === QUOTE) {
      if (this.#mayOpen) this.#isInside = !this.#isInside;
      return false;
    }
    if (this.#isInside) return false;
    this.#mayOpen = isSeparator(code) || code === NEWLINE || code === RETURN ||
      (this.#mayOpen && MARKS.has(code));
    return code === NEWLINE;
  }
}
