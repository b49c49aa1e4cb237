/** Opens backends for what needs no derivative: only the kernels of scoring are embedded. */
// First of all: bundlers keep the order, and gzip looks 32 kB back, over code but not over the kernels.
import { SCORE_KERNELS } from "./wasm/kernels/score.ts";
import { FORWARD_KERNELS } from "./reference/kernels/forward.ts";
import { type OpenBackend, openWith } from "./open_with.ts";

export type { AdapterOptions } from "./backend.ts";
export type { BackendChoice, OpenBackend } from "./open_with.ts";
export { kernelBytes, useKernels } from "./wasm/loader.ts";
export { SCORE_KERNELS };

export const openBackend: OpenBackend = openWith(SCORE_KERNELS, FORWARD_KERNELS);
