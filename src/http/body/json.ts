/**
 * JSON from bytes; nesting is limited before anything is parsed. If a key occurs twice in one object, the last value
 * counts, as in JSON.parse.
 */
import { Problem } from "../answers/problems.ts";
import { requireType } from "./content_type.ts";
import { type BodyLimits, type IncomingRequest, readBytes } from "./read_bytes.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The deepest nesting of arrays and objects; no body of this API needs more than five levels. */
export const MAX_DEPTH = 8;

/** @throws Problem unless the body is UTF-8 JSON within the limits, and its headers say so */
export async function readJson(incoming: IncomingRequest, limits: BodyLimits): Promise<unknown> {
  return parseJson(await readJsonBytes(incoming, limits));
}

/** The bytes of a body that says that it is JSON. @throws Problem for another type, or beyond the limits */
export async function readJsonBytes(
  incoming: IncomingRequest,
  limits: BodyLimits,
): Promise<Uint8Array> {
  requireType(incoming.head, ["application/json"]);
  return await readBytes(incoming, limits);
}

/** @throws Problem unless the bytes are one JSON value in UTF-8, nested no deeper than MAX_DEPTH */
export function parseJson(bytes: Uint8Array): unknown {
  return parseJsonOf(BODY, bytes, malformedJson);
}

/** The body, in messages. */
export const BODY = "body";

export function malformedJson(detail: string): Problem {
  return new Problem("malformed-json", detail);
}

/**
 * Parses one JSON value.
 * @param subject what the bytes are, for messages
 * @param fault makes the error for bytes that are not JSON or nest too deep
 */
export function parseJsonOf(
  subject: string,
  bytes: Uint8Array,
  fault: (detail: string) => Problem,
): unknown {
  if (nestsDeeper(bytes, MAX_DEPTH)) throw fault(tooDeep(subject));
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch (_error) {
    throw fault(malformed(subject));
  }
}

export function tooDeep(subject: string): string {
  return `Cannot read ${subject}: it nests deeper than ${MAX_DEPTH} levels`;
}

export function malformed(subject: string): string {
  return `Cannot read ${subject}: expected one JSON value in UTF-8`;
}

/** Whether brackets outside of strings nest deeper than `limit`. */
function nestsDeeper(bytes: Uint8Array, limit: number): boolean {
  const QUOTE = 0x22, BACKSLASH = 0x5c;
  let depth = 0, inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === 0x5b || byte === 0x7b) { // [ {
      if (++depth > limit) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--; // ] }
  }
  return false;
}
