/** Rows of a table with columns of many types, and cells that these columns refuse. */
import { normal, poisson } from "../../src/core/random/draws.ts";
import type { HostRandom } from "../../src/core/random/philox.ts";

export function mixedRow(random: HostRandom) {
  const z = normal(random);
  return {
    amount: Math.exp(2.5 * normal(random) + 3),
    a: z + 0.3 * normal(random),
    b: 2 * z + 0.3 * normal(random),
    n: poisson(random, 4),
    ok: random.uniformF64() < 0.5 ? "yes" : "no",
    flag: random.below(2),
    size: ["S", "M", "L"][random.below(3)],
  };
}

/** By column. */
export const IMPOSSIBLE: Readonly<Record<string, readonly (number | string)[]>> = {
  amount: [0, -5],
  n: [-3, 2.5],
  ok: ["maybe"],
  flag: [2, 0.5],
  size: ["XXXL"],
};
