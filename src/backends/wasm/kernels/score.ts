/** The kernels of scoring alone, embedded. */
import type { KernelSet } from "../loader.ts";
import { BYTES_BASE64 as base64, UNFUSED as unfused } from "./score_set.gen.ts";

export const SCORE_KERNELS: KernelSet = { forwardOnly: true, base64, unfused };
