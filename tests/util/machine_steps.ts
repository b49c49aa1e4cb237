import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";

/** Two sensors of one machine, which runs at its own level. */
export function machine(steps: number, seed: number, level: number): number[][] {
  const random = new HostRandom(seed, 0, 6);
  let wander = 0;
  return Array.from({ length: steps }, (_, t) => {
    wander = 0.9 * wander + 0.3 * normal(random);
    return [level + 3 * Math.sin(t / 8) + wander, wander / 2 + 0.2 * normal(random)];
  });
}

/** Steps of such a machine without any reading. */
export function missing(steps: number): number[][] {
  return Array.from({ length: steps }, () => [NaN, NaN]);
}
