/**
 * Reductions over the threads of a workgroup. `lanes`, a power of two, must be the same for all of them.
 *
 *   bindings   none; `pool` in workgroup memory, one float per thread
 *   dispatch   none: called by all threads of a workgroup, in uniform control flow
 *   limits     lanes up to WORKGROUP
 */

/** Combines the lanes' values as a tree, in one fixed order. */
const tree = (name: string, combine: (a: string, b: string) => string): string => `
fn ${name}(value: f32, local: u32, lanes: u32) -> f32 {
  pool[local] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % lanes < half) { pool[local] = ${combine("pool[local]", "pool[local + half]")}; }
  }
  workgroupBarrier();
  let total = pool[local - local % lanes];
  workgroupBarrier();
  return total;
}`;

export const LANES: Readonly<Record<string, string>> = {
  sumOfLanes: tree("sumOfLanes", (a, b) => `${a} + ${b}`),
  largestOfLanes: tree("largestOfLanes", (a, b) => `max(${a}, ${b})`),
};
