/** Opens backends that can train: all kernels are embedded. */
import { type OpenBackend, openWith } from "./open_with.ts";
import { FULL_KERNELS } from "./wasm/kernels/full.ts";

export type { BackendChoice, BackendOptions, OpenBackend } from "./open_with.ts";
export { useKernels } from "./wasm/loader.ts";

export const openBackend: OpenBackend = openWith(FULL_KERNELS);
