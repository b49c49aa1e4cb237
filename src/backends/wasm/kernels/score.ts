/** The kernels of scoring alone, embedded. */
import type { KernelSet } from "../loader.ts";
import { BYTES_BASE64 as relaxed } from "./score_relaxed.gen.ts";
import { BYTES_BASE64 as simd } from "./score_simd.gen.ts";

export const SCORE_KERNELS: KernelSet = { forwardOnly: true, simd, relaxed };
