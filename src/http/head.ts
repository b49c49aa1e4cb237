/**
 * The headers of a request, read once: one pass measures all of them and keeps them. A single look-up in the runtime's
 * own `Headers` costs about as much as this pass.
 */
export class RequestHead {
  /** Characters of all names and values together. */
  readonly size: number;
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  constructor(headers: Headers) {
    let size = 0;
    const names = this.#names, values = this.#values;
    // Takes a third of the time of `for … of`, on every request.
    headers.forEach((value, name) => {
      size += name.length + value.length;
      names.push(name);
      values.push(value);
    });
    this.size = size;
  }

  /** The value of a header, by its name in lower case. */
  get(name: string): string | null {
    const names = this.#names;
    for (let i = 0; i < names.length; i++) if (names[i] === name) return this.#values[i];
    return null;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }
}

/** Headers to look things up in: a request's, read once, or any others. */
export type HeaderLookup = Pick<Headers, "get" | "has">;
