/**
 * Planar flow (Rezende and Mohamed, 2015, eq. 10-12) with amortised u, w and b:
 *
 *   z' = z + û tanh(w·z + b)      ln |det| = log1p((1 - tanh²(w·z + b)) w·û)
 *
 * û = u + (m(w·u) - w·u) w / ‖w‖², m(a) = softplus(a) - 0.999, so that w·û = m(w·u) > -1, which makes the map
 * invertible.
 */
import { requireObject } from "../core/validate.ts";
import { complement, shifted } from "../ops/shorthand.ts";
import type { FlowFamily } from "./flow.ts";

/** A planar flow. */
export interface PlanarFlow {
  /** Stretches space perpendicular to one hyperplane. */
  readonly type: "planar";
}

/** Lower bound of w·û. At -1, float32 would round the determinant to zero. */
const MIN_DOT = -0.999;

/** Added to ‖w‖² to keep it above zero; w·û = m(w·u) holds up to this relative error. */
const TINY = 1e-12;

export const planar: FlowFamily<PlanarFlow> = {
  parse(field, value) {
    requireObject(field, value, ["type"]);
    return { type: "planar" };
  },
  apply({ g }, _spec, { z, amortise }) {
    const u = amortise("u", z.shape.cols), w = amortise("w", z.shape.cols), b = amortise("b", 1);
    const dot = g.sumCols(g.mul(w, u));
    const target = shifted(g, g.activation(dot, { kind: "softplus" }), MIN_DOT);
    const square = shifted(g, g.sumCols(g.mul(w, w)), TINY);
    const correction = g.mul(g.div(g.sub(target, dot), square), w);
    const tanh = g.activation(g.add(g.sumCols(g.mul(w, z)), b), { kind: "tanh" });
    const slope = complement(g, g.mul(tanh, tanh));
    return {
      z: g.add(z, g.mul(tanh, g.add(u, correction))),
      logDet: g.log1p(g.mul(slope, target)),
    };
  },
};
