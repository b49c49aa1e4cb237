/** Opens backends that can train; all kernels are embedded. */
import type { Accelerator, AdapterOptions } from "./backend.ts";
import type { AdapterReport } from "./webgpu/adapter.ts";
import { type OpenBackend, openWith } from "./open_with.ts";
import { KERNELS } from "./reference/kernels/table.ts";
import { FULL_KERNELS } from "./wasm/kernels/full.ts";

export type { BackendChoice, BackendOptions, OpenBackend } from "./open_with.ts";
export { useKernels } from "./wasm/loader.ts";

export const openBackend: OpenBackend = openWith(FULL_KERNELS, KERNELS);

export type { AdapterOptions } from "./backend.ts";
export type { AdapterReport } from "./webgpu/adapter.ts";

/**
 * Opens a GPU that the host's backend offloads work to. Its code is loaded on demand.
 * @throws DOMException if there is no permitted adapter
 */
export async function openAccelerator(options: AdapterOptions): Promise<Accelerator> {
  const { openAccelerator: open } = await import("./webgpu/backend.ts");
  return await open(options);
}

/**
 * Describes the adapter that `openAccelerator` would use, even a software one.
 * @throws DOMException if there is none
 */
export async function describeAdapter(options: AdapterOptions = {}): Promise<AdapterReport> {
  const { describeAdapter: describe } = await import("./webgpu/adapter.ts");
  return await describe(options);
}
