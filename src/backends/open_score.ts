/** Opens backends for scoring, without derivatives; only the scoring kernels are embedded. */
// Imported first: bundlers keep the order, and kernels within the code would split it for gzip, whose window is 32 kB.
// Next to them, what looks like them compresses better.
import "../core/bytes/crc32.gen.ts";
import { SCORE_KERNELS } from "./wasm/kernels/score.ts";
import { FORWARD_KERNELS } from "./reference/kernels/forward.ts";
import { type OpenBackend, openWith } from "./open_with.ts";

export type { AdapterOptions } from "./backend.ts";
export type { BackendChoice, OpenBackend } from "./open_with.ts";
export { kernelBytes, useKernels } from "./wasm/loader.ts";
export { SCORE_KERNELS };

export const openBackend: OpenBackend = openWith(SCORE_KERNELS, FORWARD_KERNELS);
