/**
 * The normaliser of the continuous Bernoulli in float64; formulas in `ops/continuous_bernoulli.ts`. For |l| < ¼ both
 * functions use their Taylor series; the first omitted terms are below 1e-17.
 */
import { elementwise, type Kernel } from "./view.ts";

const SERIES_LIMIT = 0.25;

/** Coefficients of the slope's series; its integral is ln (l / tanh(l/2)) = ln 2 + l²/12 - 7l⁴/1440 + …. */
const SLOPE = [1 / 6, -7 / 360, 31 / 15120, -127 / 604800, 73 / 3421440, -1414477 / 653837184000];

export const continuousBernoulliLogNorm: Kernel<"continuousBernoulliLogNorm"> = (out, inputs) =>
  elementwise(out, inputs, (l) => {
    if (Math.abs(l) >= SERIES_LIMIT) return Math.log(l / Math.tanh(l / 2));
    const square = l * l;
    return SLOPE.reduce((sum, c, n) => sum + c * square ** (n + 1) / (2 * n + 2), Math.LN2);
  });

export const continuousBernoulliLogNormSlope: Kernel<"continuousBernoulliLogNormSlope"> = (
  out,
  inputs,
) =>
  elementwise(out, inputs, (l) => {
    if (Math.abs(l) >= SERIES_LIMIT) return 1 / l - 1 / Math.sinh(l);
    return SLOPE.reduce((sum, c, n) => sum + c * l ** (2 * n + 1), 0);
  });
