/**
 * How the processes of a benchmark communicate: a request as JSON in the child's last argument; for each case one line
 * of JSON, marked so that output of libraries is not taken for an answer.
 */

/** The beginning of a line that is an answer. */
export const MARK = "@bench ";

export function readRequest<R>(): R {
  return JSON.parse(Deno.args.at(-1)!);
}

export function tell(answer: object): void {
  const bytes = new TextEncoder().encode(`${MARK}${JSON.stringify(answer)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
