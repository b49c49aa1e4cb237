/**
 * Reports an error as an exit status and one line:
 *
 *   0  done
 *   1  failed: training diverged, the disk is full, a port is taken, a fault of Elbow's own
 *   2  wrong usage or bad input
 *   130, 143  interrupted by SIGINT, by SIGTERM
 */
import { CommanderError } from "npm:commander@15.1.0";
import { isRefusal } from "../../core/errors.ts";
import { OptionError } from "../../core/option_error.ts";
import { DataError } from "../../formats/errors.ts";
import { DivergenceError } from "../../training/run/divergence.ts";
import { flagOf, withFlagNames } from "./flag_names.ts";
import { Interruption, type Io, note } from "../io.ts";
import { printable } from "./text.ts";

/** Reports an error to the user and returns the exit status. */
export function fail(error: unknown, io: Io, hint: string): number {
  // The reader of the output has closed it, as `| head` does.
  if (error instanceof Deno.errors.BrokenPipe) return 0;
  const status = statusOf(error);
  if (status === 0) return status;
  note(io, printable(withFlagNames(messageOf(error))));
  if (error instanceof CommanderError) io.stderr(`${hint}\n`);
  if (io.debug && error instanceof Error) io.stderr(`${error.stack}\n`);
  else if (status === 1 && !isExpected(error)) {
    io.stderr("This is a bug in Elbow: run again with ELBOW_DEBUG=1 for a stack trace\n");
  }
  return status;
}

function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Interruption) return error.status;
  if (error instanceof DOMException && error.name === "AbortError") return 130;
  if (error instanceof DivergenceError) return 1;
  if (error instanceof DOMException) return error.name === "NotSupportedError" ? 2 : 1;
  return isRefusal(error) ? 2 : 1;
}

/** Failures whose message is enough: the machine's, and training that diverged. */
function isExpected(error: unknown): boolean {
  return error instanceof DivergenceError || error instanceof DOMException ||
    Object.values(Deno.errors).some((each) => error instanceof each) ||
    // Errors without a class of their own, such as a full disk.
    error instanceof Error && /\(os error \d+\)$/.test(error.message);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof OptionError) return error.wording(flagOf);
  if (error instanceof DataError && error.option === "header") {
    return `${error.message} (if the first line is a row: --no-header)`;
  }
  return error instanceof CommanderError ? error.message.replace(/^error: /, "") : error.message;
}
