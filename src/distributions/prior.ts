/** The interface of p(z), and the parameter-free prior of real-valued variables, N(0, I). */
import { batched } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { ShapedNoise } from "../layers/noise.ts";
import { filled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { standardNormalLogDensity } from "./diagonal_gaussian.ts";

/** p(z). */
export interface Prior {
  /** The form that a closed-form KL may rely on; absent if there is none. */
  readonly form?: PriorForm;
  /** ln p(z) per row, nats, `[r, 1]`, for z `[r, L]`. */
  logDensity(z: Node): Node;
  /** One draw per row of the batch, `[B, L]`; without noise, the centre of the prior. */
  sample(noise: ShapedNoise): Node;
}

/** Priors that a posterior may recognise for a closed-form KL. */
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
