/**
 * Standard normal noise from Philox 4x32-10 (Salmon et al., 2011) by Box-Muller.
 *
 * Element (r, c) depends on the key input alone, `[seedLow, seedHigh, step, firstRow]` (u32), and on
 * the attribute `stream`: counter = (⌊c/4⌋, firstRow·rows + r, step, stream), lane c mod 4 (`rows` is
 * the output's rows per batch row). A row's noise is therefore the same in whichever batch it
 * arrives, and on every backend up to rounding.
 */
import { requireShapes } from "./common.ts";
import { elementwiseFlops } from "./common.ts";
import { notDifferentiable, type OpSpec } from "./spec.ts";

export const randomNormal: OpSpec<"randomNormal"> = {
  arity: 1,
  infer([key], { rows, cols, batched }) {
    requireShapes("randomNormal", key.rows === 1 && key.cols === 4, "the key must be [1, 4]", key);
    return { rows, cols, batched };
  },
  vjp: notDifferentiable("noise does not depend on parameters"),
  flops: elementwiseFlops(30),
};
