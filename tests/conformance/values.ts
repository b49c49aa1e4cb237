/**
 * Seeded operands: mostly uniform over a range, one in four a special value of the domain. All are exact in float32, so
 * that every backend starts from the same numbers.
 */
import { HostRandom } from "../../src/core/random/philox.ts";
import { type Shape, sizeAt } from "../../src/core/shape.ts";
import type { Operand } from "./case.ts";
import { CAPACITY } from "./shapes.ts";

export interface Domain {
  readonly low: number;
  readonly high: number;
  readonly special: readonly number[];
}

/** Any finite value whose products stay finite in float32. */
export const REAL: Domain = {
  low: -4,
  high: 4,
  special: [0, 1, -1, 2 ** -60, -(2 ** -60), 1e18, -1e18],
};

/** Values whose sums and squares have the same scale. */
export const MODERATE: Domain = { low: -2, high: 2, special: [0, 1, -1, 1e-6, -1e-6] };

/** An input of `shape` with values of `domain`; equal arguments give equal values. */
export function operand(shape: Shape, domain: Domain, seed: number): Operand {
  const random = new HostRandom(seed, shape.rows, shape.cols);
  const { low, high, special } = domain;
  const draw = () => {
    const isSpecial = special.length > 0 && random.below(4) === 0;
    const uniform = low + (high - low) * random.uniformF64();
    return Math.fround(isSpecial ? special[random.below(special.length)] : uniform);
  };
  return of(shape, Array.from({ length: sizeAt(shape, CAPACITY) }, draw));
}

/** An input of `shape` with these values, rounded to float32. */
export function of(shape: Shape, values: readonly number[]): Operand {
  return { kind: "input", shape, integer: false, values: values.map(Math.fround) };
}
