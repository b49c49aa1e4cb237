/** Child processes of the scripts. They run this same Deno, whether it was installed or came from npx. */

import { ROOT } from "./tree.ts";

/** Runs `deno …` in the root of the checkout, prints its output, and returns its exit status. */
export async function deno(...args: string[]): Promise<number> {
  return await passThrough(Deno.execPath(), args);
}

/** Runs a command in the root of the checkout, prints its output, and returns its exit status. */
export async function passThrough(command: string, args: readonly string[]): Promise<number> {
  const child = new Deno.Command(command, { args: [...args], cwd: ROOT, stdin: "null" });
  return (await child.spawn().status).code;
}

/** Whether a program can be started. */
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

/** Whether this is a CI run, in which a skipped test is a failure. */
export function isCi(): boolean {
  return Deno.env.get("CI") === "true";
}

/** Whether the checkout contains this path. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(ROOT + path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
