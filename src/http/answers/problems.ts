/**
 * Every error that the app answers with, as problem details (RFC 9457). The `type` is `urn:elbow:problem:` followed by
 * the name in the table below; both are stable between releases.
 */

/** What all problems of one type have in common. */
interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

export const PROBLEMS = {
  "malformed-json": { status: 400, title: "The body is not valid JSON" },
  "unauthorized": { status: 401, title: "A bearer token is required" },
  "forbidden": { status: 403, title: "The token lacks the required scope" },
  "unknown-route": { status: 404, title: "There is nothing at this address" },
  "unknown-model": { status: 404, title: "There is no model of this name" },
  "unknown-job": { status: 404, title: "There is no job of this id" },
  "no-result": { status: 404, title: "The job has no result" },
  "unknown-upload": { status: 404, title: "There is no upload of this name" },
  "method-not-allowed": { status: 405, title: "This address does not support this method" },
  "body-timeout": { status: 408, title: "The body took too long" },
  "conflict": { status: 409, title: "The change conflicts with the current state" },
  "precondition-failed": { status: 412, title: "The model is not the one that was expected" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "The media type of the body is not supported" },
  "invalid-body": { status: 422, title: "The body does not fit the model or the verb" },
  "invalid-model": { status: 422, title: "The file is not a model that can be served" },
  "result-not-finite": { status: 422, title: "The model has no finite answer to this input" },
  "over-budget": { status: 422, title: "The job would take too much work" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  "queue-full": { status: 429, title: "Too many jobs" },
  "headers-too-large": { status: 431, title: "The headers are too large" },
  "internal": { status: 500, title: "The server failed" },
  "not-ready": { status: 503, title: "The server cannot serve models now" },
  "overloaded": { status: 503, title: "The server is overloaded" },
  "stopping": { status: 503, title: "The server is shutting down" },
  "quota-exceeded": { status: 507, title: "The caller's quota is used up" },
  "storage-full": { status: 507, title: "The disk is full" },
} as const satisfies Record<string, ProblemKind>;

export type ProblemName = keyof typeof PROBLEMS;

/** What is wrong with one field of a body. */
export interface FieldFault {
  /** JSON pointer (RFC 6901) into the body: `/rows/3/2`. */
  readonly pointer: string;
  readonly detail: string;
}

/** An error that may be shown to the caller in full. */
export class Problem extends TypeError {
  override readonly name = "Problem";
  readonly kind: ProblemName;
  readonly faults: readonly FieldFault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    kind: ProblemName,
    detail: string,
    { faults = [], headers = {} }: {
      readonly faults?: readonly FieldFault[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(detail);
    this.kind = kind;
    this.faults = faults;
    this.headers = headers;
  }
}

/** The problem for a field of the body that cannot be used. */
export function invalid(pointer: string, detail: string): Problem {
  return new Problem("invalid-body", detail, { faults: [{ pointer, detail }] });
}

/** The answer to any request while the server stops. */
export function stoppingProblem(headers: Readonly<Record<string, string>> = {}): Problem {
  return new Problem("stopping", "Cannot answer: the server is shutting down", { headers });
}

/** A longer key is not repeated to the caller. */
const MAX_KEY = 256;

/** One step of a JSON pointer; empty for a key that is too long, so that the pointer ends at its parent. */
export function pointerStep(key: string | number): string {
  if (String(key).length > MAX_KEY) return "";
  return `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
