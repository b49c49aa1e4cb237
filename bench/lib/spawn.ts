/** The driver's side of `child.ts`: starts a child on its core and reads its answers. */
import { type Answer, MARK, type Request } from "./child.ts";
import type { Pinning } from "./machine.ts";

/** How a program is started with a request as its last argument. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** A child that did not do what it was asked; the message ends with what it said. */
export class ChildError extends TypeError {
  override name = "ChildError";
}

/** Longer than any child takes that is not stuck. */
const LIMIT_MS = 180_000;
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
 * Runs a child to its end.
 * @throws ChildError if it failed, hung or said nothing
 */
export async function runChild(
  { command, args }: Program,
  request: Omit<Request, "startedAt">,
  pinning: Pinning,
): Promise<Answer[]> {
  const startedAt = performance.timeOrigin + performance.now();
  const text = JSON.stringify({ ...request, startedAt });
  const [program, words] = pinning.wrap(request.threads, command, [...args, text]);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), LIMIT_MS);
  const child = new Deno.Command(program, {
    args: words,
    stdin: "null",
    env: { NO_COLOR: "1" },
    signal: stop.signal,
  });
  const { success, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) =>
    line.startsWith(MARK)
  );
  const answers = lines.map((line): Answer => JSON.parse(line.slice(MARK.length)));
  if (success && answers.length > 0) return answers;
  const words2 = new TextDecoder().decode(stderr).trim().slice(-LAST_WORDS);
  throw new ChildError(
    stop.signal.aborted ? `no end after ${LIMIT_MS / 1000} s` : words2 || "it said nothing",
  );
}

/** The one answer that carries a field. */
export function answerWith<K extends string>(
  answers: readonly Answer[],
  key: K,
): Extract<Answer, Record<K, unknown>> {
  const found = answers.find((each) => key in each);
  if (found) return found as Extract<Answer, Record<K, unknown>>;
  throw new ChildError(`there is no "${key}" among its answers`);
}
