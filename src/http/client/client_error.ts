/** What the client throws of an answer that is no success. */
import type { ProblemDetails } from "./client_types.ts";

/** An answer that is no success. */
export class ApiError extends Error {
  /** For messages. */
  override readonly name: string = "ApiError";
  /** HTTP status. */
  readonly status: number;
  /** What the server says; undefined if it was not this app that answered. */
  readonly problem?: ProblemDetails;

  /** The message is the problem's. */
  constructor(status: number, problem?: ProblemDetails) {
    super(problem?.detail ?? `Cannot ask server: it answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}
