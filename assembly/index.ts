/**
 * The WebAssembly ABI: one memory, imported as env.memory, so that instances may share it.
 *
 *   run(list, count, batchRows)  executes `count` instruction records (record.ts)
 *   runAlone                     the same on the calling thread alone
 *   heapBase()                   the first byte that the kernels do not use themselves
 *   isRelaxed()                  2 in the build with fused multiply-add
 *   isForwardOnly()              1 in the builds that cannot train (score.ts)
 *
 * Threads (threads.ts), in the first instance: lead, isWorthSharing, helpers, dismiss; in the others:
 * join, help, fail, over a workspace of workspaceBytes() that the host lays out as well.
 *
 * The host lays out everything above heapBase() and grows the memory. Pointers are multiples of 4;
 * kernels check no bounds: the plan has. No kernel allocates or keeps anything between runs.
 */
export { dismiss, fail, help, helpers, isWorthSharing, join, lead, run } from "./threads";
export { walk as runAlone } from "./program";
export { workspaceBytes } from "./workspace";

export function heapBase(): usize {
  return __heap_base;
}

// A constant of its own: src/backends/wasm/unfused.ts makes it 0, and equal functions are merged.
export function isRelaxed(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 2 : 0;
}

export function isForwardOnly(): bool {
  return isDefined(FORWARD_ONLY);
}
