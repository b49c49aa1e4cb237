/**
 * Noise from Philox 4x32-10 (Salmon et al., 2011): standard normals by Box-Muller, and uniforms.
 *
 *   randomNormal   two normals from two words: see `core/random/philox.ts`
 *   randomUniform  (word >>> 8) · 2^-24: multiples of 2^-24 in [0, 1), the same on every backend
 *
 * Element (r, c) depends only on the input `key`, `[seedLow, seedHigh, step, firstRow]` (u32), and on the attribute
 * `stream`: counter = (⌊c/4⌋, firstRow·rows + r, step, stream), lane c mod 4 (`rows` is the output's rows per batch
 * row). So a row's noise does not depend on the batch that contains it, and is the same on every backend up to
 * rounding. Both operations read the same words: give each use of a key its own stream.
 */
import { requireShapes } from "./shapes.ts";
import { notDifferentiable, type OpSpec } from "./spec.ts";

const NOISE = notDifferentiable("noise does not depend on parameters");

export const randomNormal: OpSpec<"randomNormal"> = {
  arity: 1,
  infer([key], { rows, cols, batched }) {
    requireShapes("randomNormal", key.rows === 1 && key.cols === 4, "the key must be [1, 4]", key);
    return { rows, cols, batched };
  },
  vjp: NOISE,
};

export const randomUniform: OpSpec<"randomUniform"> = {
  arity: 1,
  infer([key], { rows, cols, batched }) {
    requireShapes("randomUniform", key.rows === 1 && key.cols === 4, "the key must be [1, 4]", key);
    return { rows, cols, batched };
  },
  vjp: NOISE,
};
