/** A request's body as it arrives, piece by piece. */
import { Problem, stoppingProblem } from "../answers/problems.ts";

/** The most pieces that a body may arrive in, unless it is long: a million pieces of one byte each are an attack. */
const MAX_PIECES = 65_536;

/** Bytes. Slow lines deliver packets of 536 or more. */
const MIN_PIECE = 512;

/** The most pieces for a body that may be this long. */
export function maxPiecesOf(maxBytes: number): number {
  return Math.max(MAX_PIECES, Math.ceil(maxBytes / MIN_PIECE));
}

/** How to wait for pieces. */
export interface PiecesOptions {
  readonly deadlinePerPiece?: boolean;
  /** A body that arrives at least this fast, until its deadline, has as much time again. */
  readonly bytesPerSecond?: number;
  readonly maxPieces?: number;
  /** Ends the wait. */
  readonly stopping?: AbortSignal;
}

/**
 * The pieces of a body as they arrive. Leaving the loop abandons the rest of the body.
 * @param deadlineMs milliseconds until the end of the body or, if `deadlinePerPiece`, until each next piece
 * @throws Problem for a timeout, too many pieces, a body that breaks off, or when the server stops
 */
export async function* bodyPieces(
  request: Request,
  deadlineMs: number,
  { deadlinePerPiece = false, bytesPerSecond = Infinity, maxPieces = MAX_PIECES, stopping }:
    PiecesOptions = {},
): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  if (!reader) return;
  let fault: Problem | undefined, timer: ReturnType<typeof setTimeout> | undefined;
  let arrived = 0;
  const giveUp = (problem: Problem) => {
    fault ??= problem;
    // Ends a pending read; whether the other side accepts that does not matter.
    reader.cancel().catch(() => {});
  };
  const stop = () => giveUp(stoppingProblem());
  stopping?.addEventListener("abort", stop);
  const startTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (arrived < bytesPerSecond * deadlineMs / 1000) return giveUp(bodyTimeout(deadlineMs));
      arrived = 0;
      startTimer();
    }, deadlineMs);
  };
  startTimer();
  try {
    for (let pieces = 1;; pieces++) {
      const { done, value } = await reader.read().catch(() => {
        throw interruptedBody();
      });
      if (fault) throw fault;
      if (done) return;
      if (pieces > maxPieces) throw tooManyPieces(maxPieces);
      arrived += value.length;
      yield value;
      if (deadlinePerPiece) startTimer();
    }
  } finally {
    clearTimeout(timer);
    stopping?.removeEventListener("abort", stop);
    if (!fault) await reader.cancel().catch(() => {});
  }
}

function tooManyPieces(maxPieces: number): Problem {
  return new Problem("body-too-large", `Cannot read body: it came in over ${maxPieces} pieces`);
}

export function bodyTimeout(deadlineMs: number): Problem {
  return new Problem("body-timeout", `Cannot read body: it took over ${deadlineMs / 1000} seconds`);
}

export function interruptedBody(): Problem {
  const detail = "Cannot read body: the connection closed before its end";
  return new Problem("malformed-json", detail);
}
