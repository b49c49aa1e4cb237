/**
 * Bernoulli draws inside a graph: 1 where a uniform is below the probability. Probabilities are exact to 2^-24, and 0
 * and 1 are exact; no derivative flows through a draw. Backends whose probabilities differ in the last digit disagree
 * on about one draw in 2^22.
 */
import type { Node } from "../ops/spec.ts";
import type { NoiseUse } from "./noise.ts";
import type { Scope } from "./scope.ts";

/** Zeros and ones with these probabilities, `[r, C]`; the probabilities themselves if the program has no noise. */
export function drawBinary(
  scope: Scope,
  probabilities: Node,
  use: NoiseUse,
): Node {
  const request = { ...use, shape: probabilities.shape, distribution: "uniform" } as const;
  const uniform = scope.noise(request);
  return uniform ? scope.g.lessThan(uniform, probabilities) : probabilities;
}
