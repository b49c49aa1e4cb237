/** Opens backends for what needs no derivative: only the kernels of scoring are embedded. */
import { type OpenBackend, openWith } from "./open_with.ts";
import { SCORE_KERNELS } from "./wasm/kernels/score.ts";

export type { AdapterOptions } from "./backend.ts";
export type { BackendChoice, OpenBackend } from "./open_with.ts";
export { kernelBytes, useKernels } from "./wasm/loader.ts";
export { SCORE_KERNELS };

export const openBackend: OpenBackend = openWith(SCORE_KERNELS);
