/** Runs the command line in this process: arguments in, exit status and both outputs out. */
import assert from "node:assert/strict";
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/main.ts";
import { planeRows } from "../util/data.ts";

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command with fake streams in place of a terminal or pipe. */
export async function elbow(args: readonly string[], stand: Partial<Io> = {}): Promise<Outcome> {
  let stdout = "", stderr = "";
  const decoder = new TextDecoder();
  const io: Io = {
    stdout: (piece) =>
      void (stdout += typeof piece === "string" ? piece : decoder.decode(piece, { stream: true })),
    stderr: (text) => void (stderr += text),
    stdin: () => Promise.resolve(new Uint8Array()),
    async *stdinPieces() {
      yield await io.stdin();
    },
    // Requesting an adapter in a test's thread can crash the process when the thread ends.
    gpu: () => Promise.resolve(TEST_ADAPTER),
    isTerminal: false,
    columns: 80,
    signal: new AbortController().signal,
    ...stand,
  };
  const status = await run(args, io);
  return { status, stdout, stderr };
}

/** A fake in place of the machine's GPU. */
export const TEST_ADAPTER = {
  name: "Test adapter",
  software: false,
  features: ["shader-f16"],
  limits: { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 },
};

/** Runs a command that must succeed, and returns its standard output. */
export async function elbowOk(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await elbow(args);
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Runs a command that must be refused with status 2, and returns its single line on standard error. */
export async function refused(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await elbow(args);
  assert.equal(status, 2, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /^elbow: [^\n]+\n(See elbow [^\n]*--help\n)?$/);
  assert.doesNotMatch(stderr, /\n\s+at /);
  return stderr;
}

/** The cells of CSV text without quotes, header first. */
export function cellsOf(csv: string): string[][] {
  assert.ok(csv.endsWith("\n"));
  return csv.trimEnd().split("\n").map((line) => line.split(","));
}

/** A temporary folder, removed after the test. */
export class Folder {
  readonly path: string = Deno.makeTempDirSync();

  at(name: string): string {
    return `${this.path}/${name}`;
  }

  write(name: string, content: string | Uint8Array): string {
    const path = this.at(name);
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    return path;
  }

  names(): string[] {
    return Array.from(Deno.readDirSync(this.path), ({ name }) => name).sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** A small table on a noisy plane, columns a to d, as CSV; the last `anomalies` rows are off it. */
export function tableCsv(rows = 120, { anomalies = 0, label = false } = {}): string {
  const lines = planeRows(rows, 4, 11).map((row, r) => {
    const odd = r >= rows - anomalies;
    const cells = odd ? row.with(1, row[1] + 8) : row;
    return [...cells, ...(label ? [odd ? "anomaly" : "normal"] : [])].join();
  });
  return [["a", "b", "c", "d", ...(label ? ["kind"] : [])].join(), ...lines].join("\n") + "\n";
}

/** Options for training a single network in no time. */
export const QUICK: readonly string[] = [
  "--preset",
  "small",
  "--epochs",
  "3",
  "--hidden",
  "8",
  "--latent",
  "2",
];

/** Rows as CSV with columns k0, k1, … */
export function csvOf(rows: readonly (readonly number[])[]): string {
  return `${rows[0].map((_, c) => `k${c}`).join()}\n${rows.map((row) => row.join()).join("\n")}\n`;
}
