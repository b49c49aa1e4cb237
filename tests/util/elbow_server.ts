/** `elbow serve` in a process of its own, on a port of its own choice. */

export interface ElbowServer {
  readonly child: Deno.ChildProcess;
  readonly url: string;
}

/** Starts one, and waits for its address. */
export async function serveElbow(...args: readonly string[]): Promise<ElbowServer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--allow-all", "src/cli/main.ts"],
      ...["serve", "--port", "0", "--json", ...args],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes("\n")) break;
  }
  return { child, url: JSON.parse(text).url };
}
