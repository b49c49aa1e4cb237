/** All kernels, embedded. */
import type { KernelSet } from "../loader.ts";
import { BYTES_BASE64 as base64, UNFUSED as unfused } from "./full_set.gen.ts";

export const FULL_KERNELS: KernelSet = { forwardOnly: false, base64, unfused };
