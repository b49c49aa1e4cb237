/** Child processes of the scripts: this same Deno, wherever it came from (an install, or npx). */

import { ROOT } from "./tree.ts";

/** Runs `deno …` in the root of the checkout with its output passed through; returns its status. */
export async function deno(...args: string[]): Promise<number> {
  return await passThrough(Deno.execPath(), args);
}

/** Runs any command in the root of the checkout with its output passed through. */
export async function passThrough(command: string, args: readonly string[]): Promise<number> {
  const child = new Deno.Command(command, { args: [...args], cwd: ROOT, stdin: "null" });
  return (await child.spawn().status).code;
}

/** Whether a program of this name can be started. */
export async function canRun(
  program: string,
  args: readonly string[] = ["--version"],
): Promise<boolean> {
  try {
    const child = new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    return (await child.output()).success;
  } catch {
    return false;
  }
}

/** Whether this run is the project's CI, where a skip is a failure and nothing is asked. */
export function isCi(): boolean {
  return Deno.env.get("CI") === "true";
}

/** Whether a file of the checkout exists. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(ROOT + path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
