/** The kinds of answer, and the headers that all of them carry. */
import { type Problem, PROBLEMS } from "./problems.ts";

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** What an answer adds to the common headers. */
export interface ResponseOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of plain JSON. */
export function respond(value: unknown, options: ResponseOptions = {}): Response {
  return respondBody(JSON.stringify(value), "application/json", options);
}

/** An answer of any type; its length is named where it is known, so that HEAD names it too. */
export function respondBody(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  type: string,
  { status = 200, headers = {} }: ResponseOptions = {},
): Response {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const length: Record<string, string> = bytes instanceof Uint8Array
    ? { "content-length": `${bytes.length}` }
    : {};
  return new Response(bytes, {
    status,
    headers: { ...HEADERS, ...length, ...headers, "content-type": type },
  });
}

/** An answer without a body. */
export function respondNothing(): Response {
  return new Response(null, { status: 204, headers: HEADERS });
}

/** The members of problem details; `errors` names the fields, where fields are to blame. */
export function problemDetails({ kind, message, faults }: Problem): Record<string, unknown> {
  const { status, title } = PROBLEMS[kind];
  const details = { type: `urn:elbow:problem:${kind}`, title, status, detail: message };
  return faults.length > 0 ? { ...details, errors: faults } : details;
}

/** @param members beyond those of every problem */
export function respondProblem(problem: Problem, members: Record<string, unknown> = {}): Response {
  return respondBody(
    JSON.stringify({ ...problemDetails(problem), ...members }),
    "application/problem+json",
    { status: PROBLEMS[problem.kind].status, headers: problem.headers },
  );
}
