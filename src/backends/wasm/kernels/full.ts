/** All kernels, embedded. */
import type { KernelSet } from "../loader.ts";
import { BYTES_BASE64 as relaxed } from "./relaxed.gen.ts";
import { BYTES_BASE64 as simd } from "./simd.gen.ts";

export const FULL_KERNELS: KernelSet = { forwardOnly: false, simd, relaxed };
