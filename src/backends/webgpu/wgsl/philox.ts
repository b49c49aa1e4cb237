/**
 * Philox 4x32-10 in WGSL: the same integers as `core/random/philox.ts`. The upper half of a product of two u32 is
 * assembled from 16-bit products, because WGSL has no wider integer.
 *
 *   bindings   control: the key, and a zero
 *   dispatch   none: functions of one element, called by kernels
 *   limits     rows and columns below 2^32
 */
import { CONTROL_WORDS } from "../layout.ts";

export const PHILOX: Readonly<Record<string, string>> = {
  multiplyHigh: `
fn multiplyHigh(a: u32, b: u32) -> u32 {
  let aLow = a & 0xffffu; let aHigh = a >> 16u;
  let bLow = b & 0xffffu; let bHigh = b >> 16u;
  let carry = aHigh * bLow + ((aLow * bLow) >> 16u);
  let middle = aLow * bHigh + (carry & 0xffffu);
  return aHigh * bHigh + (carry >> 16u) + (middle >> 16u);
}`,

  philox: `
fn philox(counter: vec4<u32>, seed: vec2<u32>) -> vec4<u32> {
  var x = counter;
  var key = seed;
  // The word is zero, but a compiler cannot know that and so does not unroll the loop, which would make shaders large.
  let rounds = 10u | control[${CONTROL_WORDS.zero}];
  for (var round = 0u; round < rounds; round++) {
    let high0 = multiplyHigh(0xd2511f53u, x.x);
    let high1 = multiplyHigh(0xcd9e8d57u, x.z);
    x = vec4<u32>(high1 ^ x.y ^ key.x, 0xcd9e8d57u * x.z, high0 ^ x.w ^ key.y, 0xd2511f53u * x.x);
    key += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return x;
}`,

  // The block of element (row, col), for the key at word `word` of control: see ops/random.ts.
  blockOf: `
fn blockOf(word: u32, row: u32, col: u32, rowsPerBatchRow: u32, stream: u32) -> vec4<u32> {
  let counter = vec4<u32>(col / 4u, control[word + 3u] * rowsPerBatchRow + row, control[word + 2u], stream);
  return philox(counter, vec2<u32>(control[word], control[word + 1u]));
}`,

  // Lanes 0 and 2: r cos 2πv; lanes 1 and 3: r sin 2πv (Box and Muller, 1958).
  normalOf: `
fn normalOf(block: vec4<u32>, col: u32) -> f32 {
  let pair = select(block.xy, block.zw, (col & 2u) != 0u);
  let u = (f32(pair.x >> 9u) + 0.5) * 1.1920928955078125e-7;
  let v = f32(pair.y >> 9u) * 1.1920928955078125e-7;
  return sqrt(-2.0 * logNormal(u)) * turn(v, 1u - (col & 1u));
}`,

  uniformOf: `
fn uniformOf(block: vec4<u32>, col: u32) -> f32 {
  return f32(block[col & 3u] >> 8u) * 5.9604644775390625e-8;
}`,
};
