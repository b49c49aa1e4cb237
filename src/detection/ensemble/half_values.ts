/**
 * Values as a file of halves keeps them: rounded once, when fitted, they are the same before and after
 * the file. Where one is beyond halves the file keeps all of them as they are (`trained/file/quantize.ts`).
 */
import type { VAE } from "../../training/vae.ts";
import { fromHalf, HALF_OVERFLOW, toHalf } from "../../core/bytes/half.ts";

export function roundHalves(values: Float32Array): Float32Array {
  if (!values.every((value) => Math.abs(value) < HALF_OVERFLOW)) return values;
  return values.map((value) => fromHalf(toHalf(value)));
}

/** A model's parameters. */
export function roundParameters(vae: VAE): void {
  vae.setParameters(
    new Map([...vae.parameters()].map(([name, { data }]) => [name, { data: roundHalves(data) }])),
  );
}
