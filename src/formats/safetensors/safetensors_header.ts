/**
 * The JSON header of a safetensors file: parsed by the host, then checked.
 * Source: safetensors README, "Format"; grammar of RFC 8259. JSON.parse accepts repeated keys, which could let two
 * readers see different models in one file. So there must be as many colons outside strings as objects have keys.
 * Limits: whole numbers below 2^53; 4096 tensors; a tensor entry has exactly dtype, shape and data_offsets.
 */

/** A safetensors file that breaks the format; the message says which rule. */
export class SafetensorsError extends SyntaxError {
  /** Class name, for logs. */
  override readonly name: string = "SafetensorsError";
  /** What must hold, then what is there instead. */
  declare readonly fault: string;

  /** @param fault what must hold, then what is there instead */
  constructor(fault: string) {
    // A hostile header may hold names of a megabyte.
    const shown = fault.length > 400 ? `${fault.slice(0, 400)}…` : fault;
    super(`Cannot read safetensors: ${shown}`);
    this.fault = shown;
  }
}

/** A header of this library's models takes some kilobytes; a much larger one is a mistake or an attack. */
export const MAX_HEADER_BYTES = 1_000_000;

/** The most tensors in one file: our own limit, far above any model of this library. */
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
  /** Entries by tensor name. */
  readonly entries: ReadonlyMap<string, HeaderEntry>;
  /** Free text by name; has no inherited keys. */
  readonly metadata: Record<string, string>;
}

/** Parses the header text; anything but whitespace after its closing brace is refused. */
export function parseHeader(text: string): Header {
  const members = membersOf(jsonOf(text), "the header");
  const entries = new Map<string, HeaderEntry>();
  const metadata: Record<string, string> = Object.create(null);
  let keys = members.length;
  for (const [name, value] of members) {
    const own = membersOf(value, name);
    keys += own.length;
    if (name !== "__metadata__") entries.set(name, entryOf(name, own));
    else for (const [key, each] of own) metadata[key] = textOf(each, "metadata", key);
  }
  if (entries.size > MAX_TENSORS) {
    throw new SafetensorsError(`header must hold at most ${MAX_TENSORS} tensors`);
  }
  requirePlain(text, keys);
  return { entries, metadata };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message differs between hosts.
    throw new SafetensorsError("header must be JSON");
  }
}

/** Escapes, which occur only in JSON strings; and a string without escapes. */
const ESCAPED = /\\./g, STRING = /"[^"]*"/g;

/** @throws SafetensorsError if a key repeats, or a number is not written in digits only */
function requirePlain(text: string, keys: number): void {
  const bare = text.replace(ESCAPED, "").replace(STRING, '"');
  if (bare.split(":").length - 1 !== keys) {
    throw new SafetensorsError("header must hold each key once");
  }
  const odd = /[^\s\d{}[\],:"]/.exec(bare);
  if (odd) {
    throw new SafetensorsError(`header must write whole numbers in digits: it has ${odd[0]}`);
  }
}

/** The members of an object; keys are ordinary names, even `__proto__`. */
function membersOf(value: unknown, name: string): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SafetensorsError(`${JSON.stringify(name)} must be an object`);
  }
  const members = Object.entries(value);
  for (const [key] of members) textOf(key, "a key of", name);
  return members;
}

function entryOf(name: string, members: [string, unknown][]): HeaderEntry {
  const { dtype, shape, data_offsets: offsets } = Object.fromEntries(members);
  const whole = Array.isArray(shape) && Array.isArray(offsets) && offsets.length === 2;
  if (members.length !== 3 || dtype === undefined || !whole) {
    throw new SafetensorsError(
      `tensor ${
        JSON.stringify(name)
      } must have a dtype, a shape and two data_offsets, and nothing else`,
    );
  }
  if (![...shape, ...offsets].every(Number.isSafeInteger)) {
    throw new SafetensorsError(`tensor ${JSON.stringify(name)} must have whole numbers below 2^53`);
  }
  const [start, end] = offsets;
  return { dtype: textOf(dtype, "dtype of", name), shape, offsets: [start, end] };
}

/** A string without lone surrogates. */
function textOf(value: unknown, what: string, name: string): string {
  if (typeof value === "string" && value.isWellFormed()) return value;
  throw new SafetensorsError(
    `${what} ${JSON.stringify(name)} must be a valid string, got ${JSON.stringify(value)}`,
  );
}
