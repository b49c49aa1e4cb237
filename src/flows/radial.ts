/**
 * Radial flow (Rezende and Mohamed, 2015, eq. 13-14) with amortised centre c and coefficients α and β:
 *
 *   z' = z + β h (z - c), h = 1 / (α + r), r = √(‖z - c‖² + ε²)
 *   ln |det| = (L - 1) ln(1 + βh) + ln(1 + βh - β h² ‖z - c‖² / r)
 *
 * α = softplus(a) > 0 and β = softplus(b) - α > -α, which makes the map invertible. ε smooths r, which otherwise has no
 * derivative at the centre; the determinant is that of the smoothed map.
 */
import { requireObject } from "../core/validate.ts";
import { scaled, shifted } from "../ops/shorthand.ts";
import type { FlowFamily } from "./flow.ts";

/** A radial flow. */
export interface RadialFlow {
  /** Stretches space around one centre. */
  readonly type: "radial";
}

const SMOOTHING = 1e-3;

export const radial: FlowFamily<RadialFlow> = {
  parse(field, value) {
    requireObject(field, value, ["type"]);
    return { type: "radial" };
  },
  apply({ g }, _spec, { z, amortise }) {
    const size = z.shape.cols;
    const positive = (part: string) => g.activation(amortise(part, 1), { kind: "softplus" });
    const alpha = positive("alpha"), beta = g.sub(positive("beta"), alpha);
    const fromCentre = g.sub(z, amortise("centre", size));
    const square = g.sumCols(g.mul(fromCentre, fromCentre));
    const logSquare = g.log(shifted(g, square, SMOOTHING ** 2));
    const r = g.exp(scaled(g, logSquare, 0.5));
    const denominator = g.add(alpha, r);
    const strength = g.div(beta, denominator);
    const logTangential = g.log1p(strength);
    const logRadial = g.log1p(
      g.sub(strength, g.mul(g.div(strength, denominator), g.div(square, r))),
    );
    return {
      z: g.add(z, g.mul(strength, fromCentre)),
      logDet: g.add(scaled(g, logTangential, size - 1), logRadial),
    };
  },
};
