/**
 * Opens a backend by name, with the kernels that the caller embeds (`open.ts` all, `open_score.ts` those of scoring).
 * Only this file names the backends of the host; `open.ts` adds the GPU.
 *
 * "auto" uses WebAssembly, or the reference on a host without it; `details.reason` then says why.
 */
import { messageOf } from "../core/errors.ts";
import type { Backend, BackendName, SyncProgram } from "./backend.ts";
import { openReference } from "./reference/backend.ts";
import type { ReferenceKernels } from "./reference/kernels/table.ts";
import { openWasm } from "./wasm/backend.ts";
import type { KernelSet } from "./wasm/loader.ts";

/** A backend by name, or the best one available. */
export type BackendChoice = "auto" | BackendName;

export interface BackendOptions {
  /** "portable" gives the same bits on every machine; "fast" (default) uses the fastest kernels. */
  readonly determinism?: "portable" | "fast";
  /** Maximum number of threads, default 1; `details.threads` is the number at work. */
  readonly threads?: number;
}

/**
 * Opens a backend.
 * @throws DOMException if it is not available on this host; "auto" is always available
 */
export type OpenBackend = (name: BackendChoice, options?: BackendOptions) => Backend<SyncProgram>;

/** Returns a function that opens backends with these kernels. */
export function openWith(kernels: KernelSet, reference: ReferenceKernels): OpenBackend {
  return (name, { determinism, threads } = {}) => {
    switch (name) {
      // Synchronous work runs on the host; `openAccelerator` adds the GPU for work that can be awaited.
      case "webgpu":
      case "auto":
        return openBest(kernels, reference, { determinism, threads });
      case "wasm":
        return openWasm(kernels, { determinism, threads });
      case "reference":
        return openReference(reference);
      default:
        throw new RangeError(
          `Use backend "auto", "wasm", "webgpu" or "reference", got "${name satisfies never}"`,
        );
    }
  };
}

function openBest(
  kernels: KernelSet,
  referenceKernels: ReferenceKernels,
  options: BackendOptions,
): Backend<SyncProgram> {
  try {
    return openWasm(kernels, options);
  } catch (error) {
    const reference = openReference(referenceKernels);
    const reason = messageOf(error);
    return { ...reference, details: { ...reference.details, reason } };
  }
}
