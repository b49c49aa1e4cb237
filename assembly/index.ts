/**
 * The WebAssembly ABI: one memory, imported as env.memory, so that instances may share it.
 *
 *   run(list, count, batchRows)  executes `count` instruction records (record.ts)
 *   heapBase()                   the first byte that the kernels do not use themselves
 *   isRelaxed()                  1 in the build with fused multiply-add
 *   isForwardOnly()              1 in the builds that cannot train (score.ts)
 *
 * Threads (threads.ts), in the first instance: lead, isWorthSharing, helpers, dismiss; in the others:
 * join, help, fail, over a workspace of workspaceBytes() that the host lays out as well.
 *
 * The host lays out everything above heapBase() and grows the memory. Pointers are multiples of 4;
 * kernels check no bounds: the plan has. No kernel allocates or keeps anything between runs.
 */
export { dismiss, fail, help, helpers, isWorthSharing, join, lead, run } from "./threads";
export { workspaceBytes } from "./workspace";

export function heapBase(): usize {
  return __heap_base;
}

export function isRelaxed(): bool {
  return ASC_FEATURE_RELAXED_SIMD;
}

export function isForwardOnly(): bool {
  return isDefined(FORWARD_ONLY);
}
