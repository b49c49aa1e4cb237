/** The driver's side of `protocol.ts`: starts a child on its cores and reads its answers. */
import type { Pinning } from "./machine.ts";
import { MARK } from "./protocol.ts";

/** How to start a program with a request as its last argument. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** A child that failed; the message ends with its output. */
export class ChildError extends TypeError {
  override name = "ChildError";
}

/** Several times as long as any child that is not stuck. */
const LIMIT_MS = 90_000;
const LAST_WORDS = 400;

/** A module run by this Deno. Nothing that a child loads may enter the lock file. */
export function denoProgram(path: string, flags: readonly string[] = []): Program {
  const file = new URL(`../${path}`, import.meta.url).pathname;
  return {
    command: Deno.execPath(),
    args: ["run", "--quiet", "--no-lock", "--allow-all", ...flags, file],
  };
}

/**
 * Runs a child to its end, on as many cores as the request has threads. The request gets the Unix time of its start as
 * `startedAt`.
 * @param limitMs milliseconds after which it counts as hung; a minute and a half
 * @throws ChildError if it failed, hung or gave no answer
 */
export async function runChild<A>(
  { command, args }: Program,
  request: { readonly threads: number },
  pinning: Pinning,
  limitMs = LIMIT_MS,
): Promise<A[]> {
  const startedAt = performance.timeOrigin + performance.now();
  const text = JSON.stringify({ ...request, startedAt });
  const [program, words] = pinning.wrap(request.threads, command, [...args, text]);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), limitMs);
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: words,
    stdin: "null",
    env: { NO_COLOR: "1" },
    signal: stop.signal,
  }).output();
  clearTimeout(timer);
  const lines = textOf(stdout).split("\n").filter((line) => line.startsWith(MARK));
  const answers = lines.map((line): A => JSON.parse(line.slice(MARK.length)));
  if (success && answers.length > 0) return answers;
  const reason = stop.signal.aborted ? `no end after ${limitMs / 1000} s` : textOf(stderr).trim();
  throw new ChildError(reason.slice(-LAST_WORDS) || "it said nothing");
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
