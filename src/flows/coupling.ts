/**
 * Affine coupling (Dinh et al., 2017): one half of z is unchanged and, with the row, determines how the other half is
 * scaled and shifted.
 *
 *   b' = b e^s + t, s = 2 tanh(ŝ), (ŝ, t) = network(a, row)      ln |det| = Σ s
 *
 * Flows with an even index keep the first half, odd ones the second. The bound on s limits the scale of one flow to
 * e^±2.
 */
import { requireObject } from "../core/validate.ts";
import { dense, mlp } from "../layers/mlp.ts";
import type { FlowFamily } from "./flow.ts";
import { scaled } from "../ops/shorthand.ts";
import { parseHidden } from "./hidden.ts";

/** Affine coupling of two halves of the dimensions. */
export interface CouplingFlow {
  /** One half of the dimensions is transformed as a function of the other. */
  readonly type: "coupling";
  /** Widths of the network's hidden layers; default [64]. */
  readonly hidden: readonly number[];
}

const MAX_LOG_SCALE = 2;

export const coupling: FlowFamily<CouplingFlow> = {
  parse(field, value, size) {
    const { hidden } = requireObject(field, value, ["type", "hidden"]);
    if (size < 2) throw new RangeError(`Cannot read ${field}: coupling needs a latent size of 2`);
    return { type: "coupling", hidden: parseHidden(`${field}.hidden`, hidden) };
  },
  apply(scope, { hidden: [first, ...rest] }, { name, z, index, amortise }) {
    const { g } = scope;
    const size = z.shape.cols, half = Math.ceil(size / 2), keepsFirst = index % 2 === 0;
    const low = g.sliceCols(z, { start: 0, count: half });
    const high = g.sliceCols(z, { start: half, count: size - half });
    const [kept, moved] = keepsFirst ? [low, high] : [high, low];
    const firstLayer = g.add(dense(scope, `${name}.kept`, kept, first), amortise("row", first));
    const network = { hidden: rest, activation: "tanh" } as const;
    const h = mlp(scope, name, g.activation(firstLayer, { kind: "tanh" }), network);
    const bounded = g.activation(dense(scope, `${name}.scale`, h, moved.shape.cols), {
      kind: "tanh",
    });
    const logScale = scaled(g, bounded, MAX_LOG_SCALE);
    const shift = dense(scope, `${name}.shift`, h, moved.shape.cols);
    const transformed = g.add(g.mul(moved, g.exp(logScale)), shift);
    return {
      z: keepsFirst ? g.concatCols(kept, transformed) : g.concatCols(transformed, kept),
      logDet: g.sumCols(logScale),
    };
  },
};
