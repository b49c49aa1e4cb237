/**
 * a·b + c, the only operation in which the two builds differ. `relaxed` fuses it if the processor can (one rounding);
 * `simd` rounds twice and is therefore bit-identical on every machine.
 */

@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}
