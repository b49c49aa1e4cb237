/** The error that the client throws for an unsuccessful answer. */
import type { ProblemDetails } from "./client_types.ts";

/** An unsuccessful answer. */
export class ApiError extends Error {
  /** The name of the class, for messages. */
  override readonly name: string = "ApiError";
  /** HTTP status. */
  readonly status: number;
  /** The problem that the server reports; undefined if it was not this app that answered. */
  readonly problem?: ProblemDetails;

  /** The message is the problem's detail. */
  constructor(status: number, problem?: ProblemDetails) {
    super(problem?.detail ?? `Cannot ask server: it answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}
