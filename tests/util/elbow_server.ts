/** `elbow serve` in its own process, on a free port. */

export interface ElbowServer {
  readonly child: Deno.ChildProcess;
  readonly url: string;
  /** What it has written to standard error; resolves when it has ended. */
  readonly errors: Promise<string>;
}

/** Starts a server and waits for its address. */
export async function serveElbow(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ElbowServer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--allow-all", "src/cli/main.ts"],
      ...["serve", "--port", "0", "--json", ...args],
    ],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let text = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes("\n")) break;
  }
  return { child, url: JSON.parse(text).url, errors };
}
