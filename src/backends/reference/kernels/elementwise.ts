/** Elementwise arithmetic and activations in float64; formulas in `ops/elementwise.ts`. */
import { ACTIVATE, SLOPE } from "./activations.ts";
import { elementwise, type Kernel } from "./view.ts";

export const activation: Kernel<"activation"> = (out, inputs, { kind }) =>
  elementwise(out, inputs, (x) => ACTIVATE[kind](x));

export const activationGrad: Kernel<"activationGrad"> = (out, inputs, { kind }) =>
  elementwise(out, inputs, (y, dy) => dy * SLOPE[kind](y));

export const exp: Kernel<"exp"> = (out, inputs) => elementwise(out, inputs, Math.exp);

export const log: Kernel<"log"> = (out, inputs) => elementwise(out, inputs, Math.log);

export const log1p: Kernel<"log1p"> = (out, inputs) => elementwise(out, inputs, Math.log1p);

export const add: Kernel<"add"> = (out, inputs) => elementwise(out, inputs, (a, b) => a + b);

export const sub: Kernel<"sub"> = (out, inputs) => elementwise(out, inputs, (a, b) => a - b);

export const mul: Kernel<"mul"> = (out, inputs) => elementwise(out, inputs, (a, b) => a * b);

export const div: Kernel<"div"> = (out, inputs) => elementwise(out, inputs, (a, b) => a / b);

export const lessThan: Kernel<"lessThan"> = (out, inputs) =>
  elementwise(out, inputs, (a, b) => a < b ? 1 : 0);

export const affine: Kernel<"affine"> = (out, inputs, { scale, offset }) =>
  elementwise(out, inputs, (x) => scale * x + offset);

export const clamp: Kernel<"clamp"> = (out, inputs, { low, high }) =>
  elementwise(out, inputs, (x) => Math.min(Math.max(x, low), high));

export const clampGrad: Kernel<"clampGrad"> = (out, inputs, { low, high }) =>
  elementwise(out, inputs, (x, dy) => low < x && x < high ? dy : 0);
