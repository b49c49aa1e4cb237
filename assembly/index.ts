/**
 * The WebAssembly ABI: one memory, imported as env.memory so that instances can share it.
 *
 *   run(list, count, batchRows)  executes `count` instruction records (record.ts)
 *   runAlone                     the same, on the calling thread only
 *   heapBase()                   the first byte that the kernels do not use
 *   isRelaxed()                  2 in the build with fused multiply-add
 *   isForwardOnly()              1 in the builds that cannot train (score.ts)
 *
 * Threads (threads.ts): the first instance uses lead, isWorthSharing, helpers and dismiss; the others use join, help
 * and fail, with a workspace of workspaceBytes() that the host also allocates.
 *
 * The host lays out everything above heapBase() and grows the memory. Pointers are multiples of 4. Kernels do not check
 * bounds, because the plan has. No kernel allocates, or keeps anything between runs.
 */
export { dismiss, fail, help, helpers, isWorthSharing, join, lead, run } from "./threads";
export { executeList as runAlone } from "./program";
export { workspaceBytes } from "./workspace";

export function heapBase(): usize {
  return __heap_base;
}

// A unique constant: src/backends/wasm/unfused.ts patches it to 0, and equal functions would be merged.
export function isRelaxed(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 2 : 0;
}

export function isForwardOnly(): bool {
  return isDefined(FORWARD_ONLY);
}
