/**
 * The kinds of answer, and the headers that all of them carry. An answer becomes a `Response` once, with
 * all its headers: servers send those that nobody has touched since much faster.
 */
import { type Problem, PROBLEMS } from "./problems.ts";
import { type Trace, traceparent } from "./trace.ts";

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** What an answer adds to the common headers. */
export interface ResponseOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer before it is sent. */
export interface Reply {
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer as it is sent. */
export function toResponse({ body, status, headers }: Reply, trace: Trace): Response {
  return new Response(body, {
    status,
    headers: { ...HEADERS, traceparent: traceparent(trace), ...headers },
  });
}

/** An answer of plain JSON. */
export function respond(value: unknown, options: ResponseOptions = {}): Reply {
  return respondBody(JSON.stringify(value), "application/json", options);
}

/** An answer of any type. */
export function respondBody(
  body: NonNullable<Reply["body"]>,
  type: string,
  { status = 200, headers = {} }: ResponseOptions = {},
): Reply {
  return { body, status, headers: { ...headers, "content-type": type } };
}

/** An answer without a body. */
export function respondNothing(): Reply {
  return { body: null, status: 204, headers: {} };
}

/** The members of problem details; `errors` names the fields, where fields are to blame. */
export function problemDetails({ kind, message, faults }: Problem): Record<string, unknown> {
  const { status, title } = PROBLEMS[kind];
  const details = { type: `urn:elbow:problem:${kind}`, title, status, detail: message };
  return faults.length > 0 ? { ...details, errors: faults } : details;
}

/** @param members beyond those of every problem */
export function respondProblem(problem: Problem, members: Record<string, unknown> = {}): Reply {
  return respondBody(
    JSON.stringify({ ...problemDetails(problem), ...members }),
    "application/problem+json",
    { status: PROBLEMS[problem.kind].status, headers: problem.headers },
  );
}
