/** What threads of a workgroup do together. \`lanes\`, a power of two, must be the same for all of them. */
export const LANES: Readonly<Record<string, string>> = {
  sumOfLanes: `
fn sumOfLanes(value: f32, local: u32, lanes: u32) -> f32 {
  pool[local] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % lanes < half) { pool[local] += pool[local + half]; }
  }
  workgroupBarrier();
  let total = pool[local - local % lanes];
  workgroupBarrier();
  return total;
}`,
  largestOfLanes: `
fn largestOfLanes(value: f32, local: u32, lanes: u32) -> f32 {
  pool[local] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % lanes < half) { pool[local] = max(pool[local], pool[local + half]); }
  }
  workgroupBarrier();
  let largest = pool[local - local % lanes];
  workgroupBarrier();
  return largest;
}`,
};
