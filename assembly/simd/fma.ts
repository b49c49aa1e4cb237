/**
 * a·b + c, the only operation in which the two builds differ. `relaxed` fuses it if the processor can (one rounding);
 * `simd` rounds twice and is therefore bit-identical on every machine.
 */
import { constant } from "../memory";

@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

const X = memory.data<u32>([0x3f800800], 4); // 1 + 2^-12
const MINUS_ROUNDED_SQUARE = memory.data<u32>([0xbf801000], 4); // -(1 + 2^-11)

/** Whether `madd` rounds once, as the processor does it in one instruction. Otherwise it needs one more register. */
@inline
export function isFused(): bool {
  const x = constant(X);
  return f32x4.extract_lane(madd(x, x, constant(MINUS_ROUNDED_SQUARE)), 0) != 0;
}
