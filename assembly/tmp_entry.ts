export { dense, matmul } from "./dense";
import { madd } from "./simd/fma";
export function fma12(n: i32): f32 {
  const m = f32x4.splat(0.999), c = f32x4.splat(0.001);
  let a0 = c, a1 = c, a2 = c, a3 = c, a4 = c, a5 = c, a6 = c, a7 = c, a8 = c, a9 = c, a10 = c, a11 = c;
  for (let i = 0; i < n; i++) {
    a0 = madd(m, c, a0); a1 = madd(m, c, a1); a2 = madd(m, c, a2); a3 = madd(m, c, a3);
    a4 = madd(m, c, a4); a5 = madd(m, c, a5); a6 = madd(m, c, a6); a7 = madd(m, c, a7);
    a8 = madd(m, c, a8); a9 = madd(m, c, a9); a10 = madd(m, c, a10); a11 = madd(m, c, a11);
  }
  a0 = f32x4.add(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)), f32x4.add(f32x4.add(a4, a5), f32x4.add(a6, a7)));
  a0 = f32x4.add(a0, f32x4.add(f32x4.add(a8, a9), f32x4.add(a10, a11)));
  return f32x4.extract_lane(a0, 0) + f32x4.extract_lane(a0, 1);
}
export function base(): usize { return __heap_base; }
