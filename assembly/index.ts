/**
 * The WebAssembly ABI: one memory, exported; no imports.
 *
 *   run(list, count, batchRows)  executes `count` instruction records (program.ts)
 *   heapBase()                   the first byte that the kernels do not use themselves
 *   isRelaxed()                  1 in the build with fused multiply-add
 *   isForwardOnly()              1 in the builds that cannot train (score.ts)
 *
 * The host lays out everything above heapBase() and grows the memory. Pointers are multiples of 4;
 * kernels check no bounds: the plan has. No kernel allocates or keeps anything between runs.
 */
export { run } from "./program";

export function heapBase(): usize {
  return __heap_base;
}

export function isRelaxed(): bool {
  return ASC_FEATURE_RELAXED_SIMD;
}

export function isForwardOnly(): bool {
  return isDefined(FORWARD_ONLY);
}
