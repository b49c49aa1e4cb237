/** What every p(z) offers, and the prior of real-valued variables that has no parameters: N(0, I). */
import { batched } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { ShapedNoise } from "../layers/noise.ts";
import { filled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { standardNormalLogDensity } from "./diagonal_gaussian.ts";

/** p(z). */
export interface Prior {
  /** What a closed-form KL may rely on; absent where there is none to rely on. */
  readonly form?: PriorForm;
  /** ln p(z) per row, nats, `[r, 1]`, for z `[r, L]`. */
  logDensity(z: Node): Node;
  /** One draw for each row of the batch, `[B, L]`; without noise its centre. */
  sample(noise: ShapedNoise): Node;
}

/** Priors that a posterior may know by name. */
export interface PriorForm {
  readonly type: "standardNormal" | "uniform";
}

/** N(0, I) over `size` dimensions. */
export function standardNormal(g: Graph, size: number): Prior {
  return {
    form: { type: "standardNormal" },
    logDensity: (z) => standardNormalLogDensity(g, z),
    sample(noise) {
      const shape = batched(size);
      return noise(shape) ?? filled(g, 0, shape);
    },
  };
}
