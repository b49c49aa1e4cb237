/**
 * Density of states: Σ_j -ln p̂_j(T_j(x)), nats, over the statistics T of a row (Morningstar et al., "Density of
 * states estimation for out-of-distribution detection", 2021): reconstruction, KL and importance-sampled ln p(x),
 * p̂_j a Gaussian kernel density over reference rows with Scott's bandwidth s n^(-1/5).
 */
import { portableExp, portableLog } from "../../core/portable.ts";
import { LN_2PI } from "../../core/stable.ts";
import { kl } from "./kl.ts";
import { logLikelihood } from "./log_likelihood.ts";
import { reconstruction } from "./reconstruction.ts";
import type { NamedScore } from "./score.ts";

const STATISTICS: readonly NamedScore[] = [reconstruction, kl, logLikelihood];

export const dose: NamedScore = {
  needsReference: true,
  of(model, x, settings, reference) {
    const sums = new Float64Array(x.shape[0]);
    for (const statistic of STATISTICS) {
      const referenceValues = statistic.of(model, reference, settings, reference);
      const density = logDensityOf(referenceValues);
      statistic.of(model, x, settings, reference).forEach((value, r) => sums[r] -= density(value));
    }
    return sums;
  },
};

/** ln of the kernel density, as a log-sum-exp, so that it stays finite far from all points. */
function logDensityOf(points: Float64Array): (value: number) => number {
  const n = points.length, mean = points.reduce((sum, value) => sum + value / n, 0);
  const variance = points.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0);
  const bandwidth = Math.max(1e-6, Math.sqrt(variance) * portableExp(-portableLog(n) / 5));
  const norm = portableLog(n * bandwidth) + LN_2PI / 2;
  return (value) => {
    const exponents = points.map((point) => -0.5 * ((value - point) / bandwidth) ** 2);
    const largest = exponents.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = exponents.reduce((total, each) => total + portableExp(each - largest), 0);
    return largest + portableLog(sum) - norm;
  };
}
