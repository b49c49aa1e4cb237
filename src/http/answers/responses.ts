/**
 * The kinds of answer, and their headers. An answer becomes a `Response` once, with all its headers.
 *
 * A JSON answer to a POST is bare: its type is its only header, and everything else is in its body, because headers are
 * what servers spend most on besides the connection itself. Such an answer is never cached (RFC 9111, 3: it states no
 * lifetime) nor taken for anything but JSON (WHATWG MIME Sniffing, 7; no element of a page sends a POST), so the common
 * headers would tell caches and browsers nothing.
 */
import { type Problem, PROBLEMS } from "./problems.ts";
import { type Trace, TRACE_HEADER, traceparent } from "../telemetry/trace.ts";

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
const BARE_JSON = { "content-type": "application/json" };

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
  /** Whether `headers` are all of its headers. */
  readonly isBare?: boolean;
}

/** The answer as it is sent. @param trace sent as a header, if given */
export function toResponse({ body, status, headers, isBare }: Reply, trace?: Trace): Response {
  if (isBare && !trace) return new Response(body, { headers });
  return new Response(body, {
    status,
    headers: {
      ...(!isBare && HEADERS),
      ...(trace && { [TRACE_HEADER]: traceparent(trace) }),
      ...headers,
    },
  });
}

/** A JSON answer to a POST, without the common headers. */
export function respondBare(body: NonNullable<Reply["body"]>): Reply {
  return { body, status: 200, headers: BARE_JSON, isBare: true };
}

/** Adds the length of the body. The length of a stream is unknown: it is dropped unread. */
export async function withLength({ body, ...reply }: Reply): Promise<Reply> {
  if (body instanceof ReadableStream) {
    await body.cancel();
    return { ...reply, body: null };
  }
  const bytes = new Uint8Array(await new Response(body).arrayBuffer());
  return {
    ...reply,
    body: bytes,
    headers: { ...reply.headers, "content-length": `${bytes.length}` },
  };
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

/** 304: the caller's copy is current. */
export function respondUnchanged(headers: Reply["headers"]): Reply {
  return { body: null, status: 304, headers };
}

/** The members of problem details; `errors` names the fields to blame, if any. */
export function problemDetails({ kind, message, faults }: Problem): Record<string, unknown> {
  const { status, title } = PROBLEMS[kind];
  const details = { type: `urn:elbow:problem:${kind}`, title, status, detail: message };
  return faults.length > 0 ? { ...details, errors: faults } : details;
}

/** @param members in addition to those of every problem */
export function respondProblem(problem: Problem, members: Record<string, unknown> = {}): Reply {
  return respondBody(
    JSON.stringify({ ...problemDetails(problem), ...members }),
    "application/problem+json",
    { status: PROBLEMS[problem.kind].status, headers: problem.headers },
  );
}
