/**
 * Reads a request's body as bytes or as a JSON value. Bytes and pieces are counted as they arrive, whatever the headers
 * say; a body that takes too long is abandoned; nesting is limited before anything is parsed.
 *
 * If a key occurs twice in one object, the last value counts, as in JSON.parse.
 */
import type { HeaderLookup } from "./head.ts";
import { Problem } from "./problems.ts";

/** The limits of one body. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** Milliseconds from the start of reading to the last byte. */
  readonly deadlineMs: number;
  /** The memory to reserve for bodies, if the server enforces Content-Length, as Deno.serve does. */
  readonly reserved?: ReservedBytes;
}

/** Bytes. A body up to this size is read at once, whatever else is being read. */
const SMALL_BODY = 16_384;

/**
 * Memory reserved for bodies before they arrive. Reading a body at once is several times as fast as reading pieces, but
 * takes as much memory as its header declares, even if hardly a byte follows. All callers share this budget; bodies
 * beyond it take memory as they arrive.
 */
export class ReservedBytes {
  #left: number;

  constructor(bytes: number = 64 * 2 ** 20) {
    this.#left = bytes;
  }

  /** @returns whether there was room */
  reserve(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  release(bytes: number): void {
    this.#left += bytes;
  }
}

/** A request, and its headers read once. */
export interface IncomingRequest {
  readonly request: Request;
  readonly head: HeaderLookup;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The deepest nesting of arrays and objects; no body of this API needs more than five levels. */
const MAX_DEPTH = 8;

/** The most pieces that a body may arrive in: a million pieces of one byte each are an attack. */
const MAX_PIECES = 65_536;

/** @throws Problem unless the body is UTF-8 JSON within the limits, and its headers say so */
export async function readJson(incoming: IncomingRequest, limits: BodyLimits): Promise<unknown> {
  requireType(incoming.head, ["application/json"]);
  return parseJson(await readBytes(incoming, limits));
}

/** @throws Problem unless the bytes are one JSON value in UTF-8, nested no deeper than MAX_DEPTH */
export function parseJson(bytes: Uint8Array): unknown {
  return parseJsonOf("body", bytes, malformed);
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
  if (nestsDeeper(bytes, MAX_DEPTH)) {
    throw fault(`Cannot read ${subject}: it nests deeper than ${MAX_DEPTH} levels`);
  }
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch (_error) {
    throw fault(`Cannot read ${subject}: expected one JSON value in UTF-8`);
  }
}

/**
 * The media type of the body, in lower case, without parameters.
 * @param defaultType the type to assume if the headers name none (RFC 9110, 8.3)
 * @param takesCharsets whether CSV may be in any charset
 * @throws Problem unless it is one of `types`, in UTF-8 if it names a charset, and not compressed
 */
export function requireType(
  headers: HeaderLookup,
  types: readonly string[],
  defaultType = "",
  takesCharsets = false,
): string {
  const encoding = headers.get("content-encoding"),
    given = headers.get("content-type") ?? defaultType;
  // Nearly all bodies arrive like this: there is nothing to parse.
  if (encoding === null && types.includes(given)) return given;
  if (encoding !== null && encoding.trim().toLowerCase() !== "identity") {
    throw new Problem("unsupported-media-type", "Cannot read body: must not be compressed");
  }
  const [type, ...parameters] = given.toLowerCase().split(";").map((each) => each.trim());
  const charset = parameters.find((each) => each.startsWith("charset="));
  const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset) ||
    (takesCharsets && type === "text/csv");
  if (types.includes(type) && isUtf8) return type;
  const expected = isUtf8
    ? `content-type must be ${types.join(" or ")}`
    : "its text must be in UTF-8";
  throw new Problem("unsupported-media-type", `Cannot read body: ${expected}`, {
    headers: { accept: types.join(", ") },
  });
}

/**
 * All bytes of the body, copied into one buffer that grows by doubling, whatever pieces they arrive in.
 * @throws Problem for too many bytes or pieces, a timeout, or a body that breaks off
 */
export function readBytes(
  { request, head }: IncomingRequest,
  { maxBytes, deadlineMs, reserved }: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(head.get("content-length") ?? NaN);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  // If the server enforces the declared length, counting is unnecessary.
  if (reserved && declared <= SMALL_BODY) return readAtOnce(request, deadlineMs);
  if (reserved && declared <= maxBytes && reserved.reserve(declared)) {
    return readAtOnce(request, deadlineMs, () => reserved.release(declared));
  }
  return readPieces(request, maxBytes, deadlineMs);
}

async function readPieces(
  request: Request,
  maxBytes: number,
  deadlineMs: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(1024), length = 0;
  for await (const piece of piecesOf(request, deadlineMs)) {
    if (length + piece.length > maxBytes) throw tooLarge(maxBytes);
    if (length + piece.length > bytes.length) {
      const grown = new Uint8Array(Math.max(2 * bytes.length, length + piece.length));
      grown.set(bytes.subarray(0, length));
      bytes = grown;
    }
    bytes.set(piece, length);
    length += piece.length;
  }
  return bytes.subarray(0, length);
}

/** @param onEnd called when the body has arrived or broken off; an abandoned body keeps its memory until then */
async function readAtOnce(
  request: Request,
  deadlineMs: number,
  onEnd?: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  const read = request.arrayBuffer().then(
    (buffer) => {
      onEnd?.();
      return bytes = new Uint8Array(buffer);
    },
    () => {
      onEnd?.();
      throw interruptedProblem();
    },
  );
  // Most bodies arrive with their headers; only the others need a timer.
  for (let turn = 0; turn < 8 && !bytes; turn++) await undefined;
  if (bytes) return bytes;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeout(deadlineMs)), deadlineMs);
  });
  try {
    return await Promise.race([read, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

/** How to wait for pieces. */
export interface PiecesOptions {
  readonly deadlinePerPiece?: boolean;
  readonly maxPieces?: number;
  /** Ends the wait. */
  readonly stopping?: AbortSignal;
}

/**
 * The pieces of a body as they arrive. Leaving the loop abandons the rest of the body.
 * @param deadlineMs milliseconds until the end of the body or, if `renewed`, until each next piece
 * @throws Problem for a timeout, too many pieces, a body that breaks off, or when the server stops
 */
export async function* piecesOf(
  request: Request,
  deadlineMs: number,
  { deadlinePerPiece = false, maxPieces = MAX_PIECES, stopping }: PiecesOptions = {},
): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  if (!reader) return;
  let fault: Problem | undefined, timer: ReturnType<typeof setTimeout> | undefined;
  const giveUp = (problem: Problem) => {
    fault ??= problem;
    // Ends a pending read; whether the other side accepts that does not matter.
    reader.cancel().catch(() => {});
  };
  const stop = () => giveUp(stoppingProblem());
  stopping?.addEventListener("abort", stop);
  const startTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(() => giveUp(timeout(deadlineMs)), deadlineMs);
  };
  startTimer();
  try {
    for (let pieces = 1;; pieces++) {
      const { done, value } = await reader.read().catch(() => {
        throw interruptedProblem();
      });
      if (fault) throw fault;
      if (done) return;
      if (pieces > maxPieces) throw tooManyPieces(maxPieces);
      yield value;
      if (deadlinePerPiece) startTimer();
    }
  } finally {
    clearTimeout(timer);
    stopping?.removeEventListener("abort", stop);
    if (!fault) await reader.cancel().catch(() => {});
  }
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

/** The answer to any request while the server stops. */
export function stoppingProblem(headers: Readonly<Record<string, string>> = {}): Problem {
  return new Problem("stopping", "Cannot answer: the server is shutting down", { headers });
}

function tooLarge(maxBytes: number): Problem {
  return new Problem("body-too-large", `Cannot read body: at most ${maxBytes} bytes are accepted`);
}

function tooManyPieces(maxPieces: number): Problem {
  return new Problem("body-too-large", `Cannot read body: it came in over ${maxPieces} pieces`);
}

function timeout(deadlineMs: number): Problem {
  return new Problem("body-timeout", `Cannot read body: it took over ${deadlineMs / 1000} seconds`);
}

function interruptedProblem(): Problem {
  return malformed("Cannot read body: the connection closed before its end");
}

function malformed(detail: string): Problem {
  return new Problem("malformed-json", detail);
}
