/** Whether this machine can run WebGPU, asked in a process of its own: drivers may crash. */

const ASK = "Deno.exit(await navigator.gpu?.requestAdapter() ? 0 : 1)";

/** Whether Deno finds an adapter, be it a software one. */
export async function hasAdapter(): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", ASK],
    env: { XDG_RUNTIME_DIR: "/tmp" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  return (await child.output()).success;
}
