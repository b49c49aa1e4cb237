/**
 * Rounds values to half precision once, when they are fitted, so that they are the same before and after saving in
 * halves. If one value is out of range for halves, the file keeps all of them unrounded (`trained/file/quantize.ts`).
 */
import type { VAE } from "../../training/vae.ts";
import { fromHalf, HALF_OVERFLOW, toHalf } from "../../core/bytes/half.ts";

export function roundHalves(values: Float32Array): Float32Array {
  if (!values.every((value) => Math.abs(value) < HALF_OVERFLOW)) return values;
  return values.map((value) => fromHalf(toHalf(value)));
}

/** Rounds a model's parameters in place. */
export function roundParameters(vae: VAE): void {
  vae.setParameters(
    new Map([...vae.parameters()].map(([name, { data }]) => [name, { data: roundHalves(data) }])),
  );
}
