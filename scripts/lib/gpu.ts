/** Whether this machine can run WebGPU. A separate process asks, because drivers may crash. */

const ASK = "Deno.exit(await navigator.gpu?.requestAdapter() ? 0 : 1)";

/**
 * The environment of a process that uses WebGPU here: only Vulkan is tried, because other drivers may crash without a
 * display.
 */
export const GPU_ENVIRONMENT = { DENO_WEBGPU_BACKEND: "vulkan", XDG_RUNTIME_DIR: "/tmp" } as const;

/** Whether Deno finds an adapter; a software adapter counts. */
export async function hasAdapter(): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", ASK],
    env: GPU_ENVIRONMENT,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  return (await child.output()).success;
}
