/**
 * A process that runs checks and prints a JSON line for each, as one test per check. The first test that needs the
 * process starts it, and reports the rest while others wait.
 */
import { GPU_ENVIRONMENT, hasAdapter } from "../../scripts/lib/gpu.ts";
import { testUnless } from "../util/skip.ts";

/** A test for each check, which `in_deno.ts` runs when given these arguments. Skipped without an adapter. */
export async function testInDeno(
  checks: readonly { readonly name: string }[],
  ...given: readonly string[]
): Promise<void> {
  const reason = await hasAdapter() ? undefined : "Deno finds no WebGPU adapter";
  const campaign = new Campaign("in_deno.ts", ...given);
  for (const { name } of checks) {
    testUnless(reason, `webgpu in Deno: ${name}`, () => campaign.passed(name));
  }
}

/** Prints a line, as a campaign reads it. */
export function print(value: Line | { readonly adapter: unknown }): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

interface Line {
  readonly name?: string;
  readonly error?: string;
}

/** What the process has reported so far, and who waits for more. */
export class Campaign {
  readonly #args: readonly string[];
  readonly #lines = new Map<string, Line>();
  #ended?: string;
  #wake: () => void = () => {};
  #more = this.#next();
  #started = false;

  /** @param script beside this file, and its arguments */
  constructor(script: string, ...given: readonly string[]) {
    const { pathname } = new URL(script, import.meta.url);
    this.#args = ["run", "--allow-all", "--no-check", pathname, ...given];
  }

  /** Resolves when the check has passed. @throws Error with its report, or with how the process ended */
  async passed(name: string): Promise<void> {
    if (!this.#started) this.#start();
    for (;;) {
      const line = this.#lines.get(name);
      if (line?.error) throw new Error(line.error);
      if (line) return;
      if (this.#ended) throw new Error(`the process ended before "${name}": ${this.#ended}`);
      await this.#more;
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  #start(): void {
    this.#started = true;
    const child = new Deno.Command(Deno.execPath(), {
      args: [...this.#args],
      env: GPU_ENVIRONMENT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const read = this.#readLines(child.stdout), errors = new Response(child.stderr).text();
    Promise.all([read, errors, child.status]).then(([, text, { code, signal }]) => {
      this.#ended = `status ${code}${signal ? `, ${signal}` : ""}: ${text.slice(-4000)}`;
      this.#wake();
    });
  }

  async #readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const said = JSON.parse(line) as Line;
        if (said.name) this.#lines.set(said.name, said);
      }
      this.#wake();
      this.#more = this.#next();
    }
  }
}
