/**
 * Ratios of gamma functions in float64; formulas in `ops/gamma.ts`.
 *
 * Computed with f(a, d) = f(a + 1, d) + d log1p(1/a) - log1p(d/a), applied 16 times, and Stirling's series at w = a +
 * 16 with six terms; the next term is below 2e-17.
 */
import { elementwise, type Kernel, sum } from "./view.ts";

const RECURRENCE_STEPS = 16;

/** B₂ₙ / (2n (2n - 1)): ln Γ(w) = (w - ½) ln w - w + ½ ln 2π + Σ cₙ w¹⁻²ⁿ. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360];

export const logGammaRatio: Kernel<"logGammaRatio"> = (out, inputs) =>
  elementwise(out, inputs, (a, d) => {
    const steps = sum(
      RECURRENCE_STEPS,
      (i) => d * Math.log1p(1 / (a + i)) - Math.log1p(d / (a + i)),
    );
    const w = a + RECURRENCE_STEPS;
    return steps + (w + d - 0.5) * Math.log1p(d / w) - d + tail(w + d) - tail(w);
  });

export const logGammaRatioSlope: Kernel<"logGammaRatioSlope"> = (out, inputs) =>
  elementwise(out, inputs, (a, d) => {
    const steps = sum(RECURRENCE_STEPS, (i) => d / (a + i) * (1 / (a + i + d) - 1 / (a + i + 1)));
    const w = a + RECURRENCE_STEPS;
    const first = Math.log1p(d / w) - d / w + d / (2 * w * (w + d));
    return steps + first + tailSlope(w + d) - tailSlope(w);
  });

/** Σ cₙ w¹⁻²ⁿ. */
function tail(w: number): number {
  return sum(STIRLING.length, (n) => STIRLING[n] / w ** (2 * n + 1));
}

/** Its derivative. */
function tailSlope(w: number): number {
  return sum(STIRLING.length, (n) => -(2 * n + 1) * STIRLING[n] / w ** (2 * n + 2));
}
