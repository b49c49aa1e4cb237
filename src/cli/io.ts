/**
 * What a command may use outside the file system. A test passes another one in place of a terminal.
 */

import type { AdapterReport } from "../backends/open.ts";
import { reasonOf } from "./files/files.ts";
import { gathered } from "./text/text.ts";

/** The streams and the signal of a process. */
export interface Io {
  /** Writes to standard output: results, and nothing else. */
  stdout(piece: string | Uint8Array): void;
  /** Writes to standard error: progress, notes and errors. */
  stderr(text: string): void;
  /** All of standard input. */
  stdin(): Promise<Uint8Array>;
  /** Standard input as it comes. */
  stdinPieces(): AsyncIterable<Uint8Array>;
  /** Whether standard error is a terminal, where lines may be redrawn. */
  readonly isTerminal: boolean;
  /** Characters in a line of the terminal. */
  readonly columns: number;
  /** Aborted by Ctrl-C. If a command never reads it, Ctrl-C ends the process at once. */
  readonly signal: AbortSignal;
  /** The GPU adapter that backend "webgpu" takes. @throws DOMException if there is none */
  gpu(): Promise<AdapterReport>;
  /** Whether errors show their stack. */
  readonly debug?: boolean;
}

/** Writes to standard output in larger pieces, so that a million lines are not a million writes. */
export function print(io: Io, pieces: Iterable<string>): void {
  for (const piece of gathered(pieces)) io.stdout(piece);
}

/** Writes one line to standard error: what a user should know besides the result. */
export function note(io: Io, text: string): void {
  io.stderr(`elbow: ${text}\n`);
}

/**
 * The same process with some other streams. It inherits the rest: a copy would read `signal`, which takes up Ctrl-C.
 */
export function withStreams(io: Io, streams: Partial<Io>): Io {
  return Object.assign(Object.create(io), streams);
}

/** Why a run was interrupted, and the exit status for it: 128 + the signal's number. */
export class Interruption extends DOMException {
  /** 130 after SIGINT, 143 after SIGTERM. */
  readonly status: number;

  /** @param signal the name of the signal */
  constructor(signal: Deno.Signal) {
    super(`Interrupted by ${signal}`, "AbortError");
    this.status = signal === "SIGTERM" ? 143 : 130;
  }
}

/** The streams of this process. */
export function denoIo(): Io {
  const encoder = new TextEncoder();
  const write = (
    stream: { writeSync(bytes: Uint8Array): number },
    piece: string | Uint8Array,
  ) => {
    const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  };
  const writeResult = (piece: string | Uint8Array) => {
    try {
      write(Deno.stdout, piece);
    } catch (cause) {
      if (cause instanceof Deno.errors.BrokenPipe) throw cause;
      throw new DOMException(`Cannot write to standard output: ${reasonOf(cause)}`, "DataError");
    }
  };
  let signal: AbortSignal | undefined;
  const isTerminal = Deno.stderr.isTerminal();
  return {
    stdout: writeResult,
    stderr: (text) => write(Deno.stderr, text),
    stdin: () => new Response(Deno.stdin.readable).bytes(),
    stdinPieces: () => Deno.stdin.readable,
    isTerminal,
    get columns() {
      // A pseudo-terminal may report a width of 0.
      return isTerminal && Deno.consoleSize().columns || 80;
    },
    get signal() {
      return signal ??= interruption();
    },
    gpu: async () => await (await import("../backends/open.ts")).describeAdapter(),
    debug: Deno.env.get("ELBOW_DEBUG") === "1",
  };
}

/** Handles Ctrl-C once: the second one ends the process as usual. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const listeners = signals.map((name) => {
    const listener = () => {
      for (const [each, registered] of listeners) Deno.removeSignalListener(each, registered);
      controller.abort(new Interruption(name));
    };
    Deno.addSignalListener(name, listener);
    return [name, listener] as const;
  });
  return controller.signal;
}
