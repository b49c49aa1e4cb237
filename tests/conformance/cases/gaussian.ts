/**
 * Gaussians with log-variance. An exponential is within 2 ULP, up to four roundings of its value. KL = ½ (μ² +
 * (expm1(l) - l)) has two terms that are never negative, so it must be accurate even near its minimum, where expm1(l) -
 * l ≈ ½ l² is a difference of almost equal numbers.
 */
import { LN_2PI } from "../../../src/core/stable.ts";
import { type CaseGenerator, roundings, ulps } from "../case.ts";
import { type Domain, MODERATE } from "../values.ts";
import { elementwiseCases } from "../generate.ts";

const MEANS: Domain = { low: -3, high: 3, special: [0, 1e-12, -1e-4, 50, -50] };

const LOG_VARIANCES: Domain = {
  low: -6,
  high: 4,
  special: [0, 1e-30, 1e-6, -1e-6, 1e-3, -1e-3, 1, -1, -30, 20],
};

/** exp(-l) (x - μ)², the squared distance in standard deviations. */
const squares = (x: number, mean: number, logVar: number) => (x - mean) ** 2 * Math.exp(-logVar);

export const reparameterize: CaseGenerator<"reparameterize"> = () =>
  elementwiseCases(
    {},
    [MEANS, LOG_VARIANCES, MEANS],
    roundings(7, (mean, logVar, noise) => Math.abs(mean) + Math.abs(Math.exp(logVar / 2) * noise)),
  );

export const gaussianKl: CaseGenerator<"gaussianKl"> = () =>
  elementwiseCases({}, [MEANS, LOG_VARIANCES], ulps(6));

export const gaussianLogProb: CaseGenerator<"gaussianLogProb"> = () =>
  elementwiseCases(
    {},
    [MEANS, MEANS, LOG_VARIANCES],
    roundings(5, (x, mean, logVar) => LN_2PI + Math.abs(logVar) + squares(x, mean, logVar)),
  );

export const gaussianLogProbGradMean: CaseGenerator<"gaussianLogProbGradMean"> = () =>
  elementwiseCases(
    {},
    [MEANS, MEANS, LOG_VARIANCES, MODERATE],
    roundings(8, (x, mean, logVar, dy) => dy * (x - mean) * Math.exp(-logVar)),
  );

export const gaussianLogProbGradLogVar: CaseGenerator<"gaussianLogProbGradLogVar"> = () =>
  elementwiseCases(
    {},
    [MEANS, MEANS, LOG_VARIANCES, MODERATE],
    roundings(5, (x, mean, logVar, dy) => dy * (squares(x, mean, logVar) + 1)),
  );
