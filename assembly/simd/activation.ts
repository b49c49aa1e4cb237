/** The activations that are cut off at zero; the smooth ones have their own files. */
import { expm14 } from "./expm1";

/** max(x, 0); NaN is propagated. */
@inline
export function relu4(x: v128): v128 {
  return f32x4.pmax(x, f32x4.splat(0));
}

/** x > 0 ? x : eˣ - 1. */
@inline
export function elu4(x: v128): v128 {
  return v128.bitselect(x, expm14(x), f32x4.gt(x, f32x4.splat(0)));
}
