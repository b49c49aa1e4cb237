/**
 * The kinds of answer, and the headers that they carry. An answer becomes a `Response` once, with all its
 * headers.
 *
 * An answer in JSON to a question by POST is bare: its type is its only header, and what else there is to say
 * stands in its body: headers are what servers spend most on, beside the connection itself. Such an answer is never
 * kept (RFC 9111, 3: nothing says for how long) nor taken for anything but JSON (WHATWG MIME Sniffing, 7; no
 * element of a page asks by POST), so that the common headers would tell caches and browsers nothing.
 */
import { type Problem, PROBLEMS } from "./problems.ts";
import { type Trace, TRACE_HEADER, traceparent } from "./telemetry/trace.ts";

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
  /** Whether these headers are all. */
  readonly isBare?: boolean;
}

/** The answer as it is sent. @param trace where it is to say so */
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

/** The JSON that a question by POST was asked for. */
export function respondBare(body: NonNullable<Reply["body"]>): Reply {
  return { body, status: 200, headers: BARE_JSON, isBare: true };
}

/** The same with the length of its body; a stream has none that is known, and is not begun for it. */
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

/** What the caller has is what there is. */
export function respondUnchanged(headers: Reply["headers"]): Reply {
  return { body: null, status: 304, headers };
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
