/** Whether this machine can run WebGPU, asked in a process of its own: drivers may crash. */

const ASK = "Deno.exit(await navigator.gpu?.requestAdapter() ? 0 : 1)";

/** What a process that uses WebGPU here is given: other drivers than Vulkan are not asked, as some crash without a display. */
export const GPU_ENVIRONMENT = { DENO_WEBGPU_BACKEND: "vulkan", XDG_RUNTIME_DIR: "/tmp" } as const;

/** Whether Deno finds an adapter, be it a software one. */
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
