/** The scoring kernels, embedded. */
import type { KernelSet } from "../loader.ts";
import { BYTES_HEX as hex, UNFUSED as unfused } from "./score_set.gen.ts";

export const SCORE_KERNELS: KernelSet = { forwardOnly: true, hex, unfused };
