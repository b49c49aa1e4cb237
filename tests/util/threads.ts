/** WebAssembly backends on several threads, however many processors there are. */
import type { Backend } from "../../src/backends/backend.ts";
import { openWasm, type WasmOptions, type WasmProgram } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { networkPlan, parameters } from "../wasm/programs.ts";

/** A backend whose threads are running, and which cuts every instruction as finely as possible. */
export async function openCrew(
  options: WasmOptions & { readonly threads: number },
): Promise<Backend<WasmProgram>> {
  const always = { processors: options.threads, tileWork: 1, certainWork: 0 };
  const backend = openWasm(FULL_KERNELS, { ...always, ...options });
  const segment = parameters(backend, 1);
  // Compiling something worth sharing starts the threads.
  backend.compile(networkPlan(64), { parameters: segment }).dispose();
  segment.dispose();
  await backend.ready!();
  return backend;
}

/** For bitwise comparisons, in which zeros have signs and NaN equals itself. */
export function bytesOf(values: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
