/**
 * A request's body as bytes or as a JSON value. Bytes and pieces are counted as they arrive,
 * whatever the headers claim; a body that takes too long is given up; nesting is limited before
 * anything is parsed.
 *
 * Of a key that stands twice in one object the last value counts, as in every JSON.parse.
 */
import type { HeadersRead } from "./head.ts";
import { Problem } from "./problems.ts";

/** What one body may be. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** Milliseconds from the first look to the last byte. */
  readonly deadlineMs: number;
  /** Where the server itself holds bodies to their Content-Length, as Deno.serve does: what may be set aside for them. */
  readonly ahead?: BytesAhead;
}

/** A body no longer than this is read at once, whatever else is being read. */
const SMALL = 16_384;

/**
 * Memory that is set aside for bodies before they come. To read a body at once is several times as fast as by pieces, but
 * takes as much memory as its header says, though hardly a byte may follow: all callers together are trusted
 * with so much, and further bodies take memory as they come.
 */
export class BytesAhead {
  #left: number;

  constructor(bytes: number = 64 * 2 ** 20) {
    this.#left = bytes;
  }

  /** @returns whether there was room */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** A request, and its headers as they were taken. */
export interface Arriving {
  readonly request: Request;
  readonly head: HeadersRead;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Levels of arrays and objects; no body of this API needs more than five. */
const MAX_DEPTH = 8;

/** Pieces in which a body may arrive: a million of one byte each are an attack. */
const MAX_PIECES = 65_536;

/** @throws Problem unless the body is UTF-8 JSON within the limits, and its headers say so */
export async function readJson(arriving: Arriving, limits: BodyLimits): Promise<unknown> {
  requireType(arriving.head, ["application/json"]);
  return parseJson(await readBytes(arriving, limits));
}

/** @throws Problem unless the bytes are one JSON value in UTF-8, and not too deep */
export function parseJson(bytes: Uint8Array): unknown {
  return parseJsonOf("body", bytes, malformed);
}

/**
 * One JSON value.
 * @param of what the bytes are
 * @param fault what is thrown of one that is none, or nests too deep
 */
export function parseJsonOf(
  of: string,
  bytes: Uint8Array,
  fault: (detail: string) => Problem,
): unknown {
  if (nestsDeeper(bytes, MAX_DEPTH)) {
    throw fault(`Cannot read ${of}: it nests deeper than ${MAX_DEPTH} levels`);
  }
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch (_error) {
    throw fault(`Cannot read ${of}: expected one JSON value in UTF-8`);
  }
}

/**
 * The media type of the body, in lower case, without parameters.
 * @param unsaid what a body is whose headers do not say (RFC 9110, 8.3)
 * @throws Problem unless it is one of these, in UTF-8 where it is text, and plain
 */
export function requireType(
  headers: HeadersRead,
  types: readonly string[],
  unsaid = "",
): string {
  const encoding = headers.get("content-encoding"), given = headers.get("content-type") ?? unsaid;
  // As nearly all bodies come: nothing to take apart.
  if (encoding === null && types.includes(given)) return given;
  if (encoding !== null && encoding.trim().toLowerCase() !== "identity") {
    throw new Problem("unsupported-media-type", "Cannot read body: it must not be compressed");
  }
  const [type, ...parameters] = given.toLowerCase().split(";").map((each) => each.trim());
  const charset = parameters.find((each) => each.startsWith("charset="));
  const right = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  if (types.includes(type) && right) return type;
  const expected = right
    ? `content-type must be ${types.join(" or ")}`
    : "its text must be in UTF-8";
  throw new Problem("unsupported-media-type", `Cannot read body: ${expected}`, {
    headers: { accept: types.join(", ") },
  });
}

/**
 * All bytes of the body, copied into one buffer that grows by doubling: their pieces do not matter.
 * @throws Problem for too many bytes or pieces, too long a wait, or a body that breaks off
 */
export function readBytes(
  { request, head }: Arriving,
  { maxBytes, deadlineMs, ahead }: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(head.get("content-length") ?? NaN);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  // What cannot be longer than it says needs no counting.
  if (ahead && declared <= SMALL) return readAtOnce(request, deadlineMs);
  if (ahead && declared <= maxBytes && ahead.take(declared)) {
    return readAtOnce(request, deadlineMs, () => ahead.give(declared));
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

/** @param onEnd told once the body has come or broken off: one that is given up takes its memory until then */
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
      throw brokenOff();
    },
  );
  // Most bodies came with their headers: the clock is set for the others alone.
  for (let turn = 0; turn < 8 && !bytes; turn++) await undefined;
  if (bytes) return bytes;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeout(deadlineMs)), deadlineMs);
  });
  try {
    return await Promise.race([read, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How pieces are waited for. */
export interface PiecesOptions {
  readonly renewed?: boolean;
  readonly maxPieces?: number;
  /** Ends the wait. */
  readonly stopping?: AbortSignal;
}

/**
 * The pieces of a body as they arrive. Leaving the loop gives the rest of the body up.
 * @param deadlineMs milliseconds until the end; or, `renewed`, until each next piece
 * @throws Problem for too long a wait or too many pieces, a body that breaks off, or once the server is to stop
 */
export async function* piecesOf(
  request: Request,
  deadlineMs: number,
  { renewed = false, maxPieces = MAX_PIECES, stopping }: PiecesOptions = {},
): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  if (!reader) return;
  let fault: Problem | undefined, timer: ReturnType<typeof setTimeout> | undefined;
  const giveUp = (problem: Problem) => {
    fault ??= problem;
    // Ends a pending read; what the other side says to it does not matter.
    reader.cancel().catch(() => {});
  };
  const stop = () => giveUp(aboutToStop());
  stopping?.addEventListener("abort", stop);
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(() => giveUp(timeout(deadlineMs)), deadlineMs);
  };
  arm();
  try {
    for (let pieces = 1;; pieces++) {
      const { done, value } = await reader.read().catch(() => {
        throw brokenOff();
      });
      if (fault) throw fault;
      if (done) return;
      if (pieces > maxPieces) throw tooManyPieces(maxPieces);
      yield value;
      if (renewed) arm();
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

/** To whoever asks something of a server that ends, or has begun to. */
export function aboutToStop(headers: Readonly<Record<string, string>> = {}): Problem {
  return new Problem("stopping", "Cannot answer: the server is about to stop", { headers });
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

function brokenOff(): Problem {
  return malformed("Cannot read body: it broke off before its end");
}

function malformed(detail: string): Problem {
  return new Problem("malformed-json", detail);
}
