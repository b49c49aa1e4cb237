/**
 * sigmoid(x) = 1 / (1 + e^-x): 0 below -88.7, 1 above 17; NaN is propagated. Error at most 3 ulp; measured:
 * docs/accuracy.md (scripts/accuracy.ts).
 */
import { constant, ONE } from "../memory";
import { exp4 } from "./exp";

@inline
export function sigmoid4(x: v128): v128 {
  const one = constant(ONE);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}
