/**
 * softplus(x) = ln(1 + eˣ) = max(x, 0) + log1p(e^-|x|): finite for every finite x, and with full relative accuracy far
 * below zero, where it is eˣ. Error at most 3 ulp; measured: docs/accuracy.md (scripts/accuracy.ts).
 */
import { expNegative4 } from "./exp";
import { log1pUnit4 } from "./log";

/** ln(1 + e^-|x|), in (0, ln 2]. */
@inline
export function softplusTail4(x: v128): v128 {
  return log1pUnit4(expNegative4(f32x4.neg(f32x4.abs(x))));
}

@inline
export function softplus4(x: v128): v128 {
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), softplusTail4(x));
}
