/** The WebAssembly backend with all kernels, for tests that open it by its build. */
import type { Backend } from "../../src/backends/backend.ts";
import {
  openWasm as open,
  type WasmOptions,
  type WasmProgram,
} from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";

export function openWasm(options?: WasmOptions): Backend<WasmProgram> {
  return open(FULL_KERNELS, options);
}
