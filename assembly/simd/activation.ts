/**
 * The activations of `ACTIVATIONS` (src/ops/names.ts), by their index.
 *
 *   identity | relu max(x, 0) | tanh | sigmoid | softplus | elu x > 0 ? x : eˣ - 1
 */
import {
  ACTIVATION_ELU,
  ACTIVATION_IDENTITY,
  ACTIVATION_RELU,
  ACTIVATION_SIGMOID,
  ACTIVATION_SOFTPLUS,
  ACTIVATION_TANH,
} from "../opcodes.gen";
import { expm14 } from "./expm1";
import { sigmoid4 } from "./sigmoid";
import { softplus4 } from "./softplus";
import { tanh4 } from "./tanh";

@inline
export function relu4(x: v128): v128 {
  return f32x4.pmax(x, f32x4.splat(0));
}

@inline
export function elu4(x: v128): v128 {
  return v128.bitselect(x, expm14(x), f32x4.gt(x, f32x4.splat(0)));
}

/** f(x), for a caller whose `kind` is not a constant: cheap kinds inline, the others by a call. */
@inline
export function activate(x: v128, kind: i32): v128 {
  if (kind == ACTIVATION_IDENTITY) return x;
  if (kind == ACTIVATION_RELU) return relu4(x);
  return activateCurved(x, kind);
}

function activateCurved(x: v128, kind: i32): v128 {
  if (kind == ACTIVATION_TANH) return tanh4(x);
  if (kind == ACTIVATION_SIGMOID) return sigmoid4(x);
  if (kind == ACTIVATION_SOFTPLUS) return softplus4(x);
  if (kind == ACTIVATION_ELU) return elu4(x);
  unreachable();
  return x;
}
