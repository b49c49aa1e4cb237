/** The two kinds of answer, and the headers that all of them carry. */
import { type Problem, PROBLEMS } from "./problems.ts";

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** An answer of plain JSON. */
export function respond(value: unknown): Response {
  return new Response(JSON.stringify(value), {
    headers: { ...HEADERS, "content-type": "application/json" },
  });
}

/** Problem details; `errors` names the fields, where fields are to blame. */
export function respondProblem({ kind, message, faults, headers }: Problem): Response {
  const { status, title } = PROBLEMS[kind];
  const details = { type: `urn:elbow:problem:${kind}`, title, status, detail: message };
  return new Response(
    JSON.stringify(faults.length > 0 ? { ...details, errors: faults } : details),
    {
      status,
      headers: { ...HEADERS, ...headers, "content-type": "application/problem+json" },
    },
  );
}
