/**
 * Initial values of parameters, from a seed alone. Draws are uniform, so no transcendental function of the host is used
 * and every machine starts from the same bits.
 *
 *   xavier  U(-a, a), a = √(6 / (fanIn + fanOut))    Glorot and Bengio, 2010
 *   he      U(-a, a), a = √(6 / fanIn)               He et al., 2015
 */
import { HostRandom } from "../core/random/philox.ts";
import { STREAMS } from "../core/random/streams.ts";
import type { Initializer, ParameterSpec } from "../layers/scope.ts";

/** Overrides the initialiser that layers chose for their weights; constants are unchanged. */
export type Initialization = "auto" | "xavier" | "he";

/** One array per parameter, `[rows, cols]` row-major, float32. */
export function initialize(
  parameters: readonly ParameterSpec[],
  seed: number,
  initialization: Initialization = "auto",
): Map<string, Float32Array> {
  return new Map(parameters.map((spec, index) => {
    const random = new HostRandom(seed, index, STREAMS.initialization);
    const initializer = spec.initializer.type === "constant" || initialization === "auto"
      ? spec.initializer
      : { type: initialization };
    return [spec.name, fill(spec, initializer, random)];
  }));
}

function fill(spec: ParameterSpec, initializer: Initializer, random: HostRandom): Float32Array {
  const values = new Float32Array(spec.rows * spec.cols);
  if (initializer.type === "constant") return values.fill(initializer.value);
  const fan = initializer.type === "he" ? spec.rows : spec.rows + spec.cols;
  const bound = Math.sqrt(6 / fan);
  return values.map(() => bound * (2 * random.uniformF64() - 1));
}
