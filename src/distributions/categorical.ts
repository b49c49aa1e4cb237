/**
 * Products of V independent categoricals over C classes each. A draw is V one-hot rows side by side, `[r, V·C]`, with
 * class c of variable v in column v·C + c. Points inside the simplices, such as means and relaxed draws, use the same
 * columns.
 *
 *   ln q(z) = Σ_v Σ_c z_vc ln q_vc          exact at one-hots; between them the linear extension
 *   KL(q_v ‖ uniform) = ln C + Σ_c q_vc ln q_vc
 *   draw      one-hot(argmax_c (l_c + g_c)), g = -ln(-ln u)       Gumbel-max: exact for logits l
 *   relaxed   softmax((l + g)/τ)            Jang, Gu and Poole, 2017; Maddison, Mnih and Teh, 2017
 *
 * Of the uniforms on [0, 1) in steps of 2^-24, only u = 0 gives no finite g, so u is clamped to [2^-25, 1 - 2^-24] and
 * g lies within [-2.86, 16.64].
 */
import { portableLog } from "../core/portable.ts";
import { batched } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import { aboveDiagonal } from "../layers/matrices.ts";
import { filled, negative, product, scaled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import type { Prior } from "./prior.ts";

/** V variables of C classes. */
export interface Categoricals {
  readonly variables: number;
  readonly classes: number;
}

const OPEN_INTERVAL = { low: 2 ** -25, high: 1 - 2 ** -24 };

/** Reshapes `[r, V·C]` to one row per variable, `[r·V, C]`. */
export function perVariable(g: Graph, x: Node, { variables, classes }: Categoricals): Node {
  const { rows, batched } = x.shape;
  return g.reshape(x, { rows: rows * variables, cols: classes, batched });
}

/** Reshapes one row per variable, `[r·V, n]`, to one row per draw, `[r, V·n]`. */
export function perRow(g: Graph, x: Node, { variables }: Categoricals): Node {
  const { rows, cols, batched } = x.shape;
  return g.reshape(x, { rows: rows / variables, cols: cols * variables, batched });
}

/** -ln(-ln u): standard Gumbel draws from uniform ones, of any shape. */
export function gumbel(g: Graph, uniform: Node): Node {
  return negative(g, g.log(negative(g, g.log(g.clamp(uniform, OPEN_INTERVAL)))));
}

/** 1 at the largest element of each row, else 0, `[r, C]`; the first of ties. No gradient flows. */
export function oneHotOfLargest(g: Graph, x: Node): Node {
  const { cols } = x.shape;
  // Scaling by a power of two is exact, and makes softmax select one column except for ties.
  const shares = g.softmaxCols(scaled(g, x, 2 ** 64));
  const isLargest = g.lessThan(g.constant(1e-6), shares);
  const earlierLargest = product(g, isLargest, aboveDiagonal(g, cols));
  return g.mul(isLargest, g.lessThan(earlierLargest, g.constant(0.5)));
}

/** The uniform distribution over the classes of each variable. */
export function uniformCategoricals(g: Graph, categoricals: Categoricals): Prior {
  const { variables, classes } = categoricals;
  return {
    form: { type: "uniform" },
    logDensity({ shape: { rows, batched } }) {
      return filled(g, -variables * portableLog(classes), { rows, cols: 1, batched });
    },
    sample(noise) {
      const shape = batched(variables * classes), uniform = noise(shape, "uniform");
      if (!uniform) return filled(g, 1 / classes, shape);
      // Among identically distributed draws, each is equally likely to be the largest.
      return perRow(g, oneHotOfLargest(g, perVariable(g, uniform, categoricals)), categoricals);
    },
  };
}
