/** `elbow worker` in its own process, which a test may kill. */
import type { RunnerEntry } from "../../src/jobs/runner.ts";

/** A worker in its own process, and what it logs. */
export class WorkerProcess {
  readonly entries: RunnerEntry[] = [];
  /** Everything else that it printed. */
  readonly words: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #isKilled = false;

  /** @param where the options that name its storage and its lease */
  constructor(...where: readonly string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-check", "--allow-all", "src/cli/main.ts", "worker", ...where],
        ...["--log", "--checkpoint-every", "0.1"],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const piece of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (line.startsWith("{")) this.entries.push(JSON.parse(line));
        else this.words.push(line);
      }
    }
  }

  /** Harmless the second time, so that a test that fails leaves no process behind. */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    if (this.#isKilled) return;
    this.#isKilled = true;
    try {
      this.#child.kill(signal);
    } catch (cause) {
      await this.#reading;
      throw new Error(`The worker had ended by itself: ${this.words.join("\n")}`, { cause });
    }
    await this.#child.status;
    await this.#reading;
  }
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
