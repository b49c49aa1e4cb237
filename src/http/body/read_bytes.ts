/**
 * Reads a request's body as bytes, which are counted as they arrive, whatever the headers say; a body that takes too
 * long is abandoned.
 */
import type { HeaderLookup } from "../head.ts";
import { Problem } from "../answers/problems.ts";
import { bodyPieces, bodyTimeout, interruptedBody, maxPiecesOf } from "./pieces.ts";
import type { ReservedBytes } from "./reserved_bytes.ts";

/** The limits of one body. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** Milliseconds from the start of reading to the last byte. */
  readonly deadlineMs: number;
  /** A body that arrives at least this fast, until its deadline, has as much time again. */
  readonly bytesPerSecond?: number;
  /** The memory to reserve for bodies, if the server enforces Content-Length, as Deno.serve does. */
  readonly reserved?: ReservedBytes;
}

/** Bytes. A body up to this size is read at once, whatever else is being read. */
const SMALL_BODY = 16_384;

/** A request, and its headers read once. */
export interface IncomingRequest {
  readonly request: Request;
  readonly head: HeaderLookup;
}

/**
 * All bytes of the body. Reading it at once is several times as fast as reading pieces, but takes as much memory as its
 * header declares, even if hardly a byte follows: all callers share a budget for that. Beyond it, pieces are copied
 * into one buffer, which grows by doubling as they arrive.
 * @throws Problem for too many bytes or pieces, a timeout, or a body that breaks off
 */
export function readBytes(
  { request, head }: IncomingRequest,
  limits: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const { maxBytes, deadlineMs, reserved } = limits;
  const declared = Number(head.get("content-length") ?? NaN);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  // If the server enforces the declared length, counting is unnecessary.
  if (reserved && declared <= SMALL_BODY) return readAtOnce(request, deadlineMs);
  if (reserved && declared <= maxBytes && reserved.reserve(declared)) {
    return readAtOnce(request, deadlineMs, () => reserved.release(declared));
  }
  return readPieces(request, limits);
}

async function readPieces(
  request: Request,
  { maxBytes, deadlineMs, bytesPerSecond }: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(1024), length = 0;
  const options = { bytesPerSecond, maxPieces: maxPiecesOf(maxBytes) };
  for await (const piece of bodyPieces(request, deadlineMs, options)) {
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
      throw interruptedBody();
    },
  );
  // Most bodies arrive with their headers; only the others need a timer.
  for (let turn = 0; turn < 8 && !bytes; turn++) await undefined;
  if (bytes) return bytes;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(bodyTimeout(deadlineMs)), deadlineMs);
  });
  try {
    return await Promise.race([read, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(maxBytes: number): Problem {
  return new Problem("body-too-large", `Cannot read body: at most ${maxBytes} bytes are accepted`);
}
