/** All kernels, embedded. */
import type { KernelSet } from "../loader.ts";
import { BYTES_HEX as hex, UNFUSED as unfused } from "./full_set.gen.ts";

export const FULL_KERNELS: KernelSet = { forwardOnly: false, hex, unfused };
