/**
 * The headers of a request, taken once: one pass measures all of them and keeps them for whoever asks.
 * Asking the runtime's own `Headers` costs about as much each time as this costs once.
 */
export class RequestHead {
  /** Characters of all names and values together. */
  readonly size: number;
  readonly #values = new Map<string, string>();

  constructor(headers: Headers) {
    let size = 0;
    // A third of the time of `for … of`, on every request.
    headers.forEach((value, name) => {
      size += name.length + value.length;
      this.#values.set(name, value);
    });
    this.size = size;
  }

  /** The value of a header, by its name in lower case. */
  get(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }
}

/** What asks for headers: of a request taken once, or of any. */
export type HeadersRead = Pick<Headers, "get" | "has">;
