/**
 * Ratios of gamma functions: sums of (a + d) log1p(d/a), of d, and, below a = 8, of d ln a and a logarithm of the eight
 * factors. Each term has a few roundings of its own.
 */
import { type CaseGenerator, roundings } from "../case.ts";
import { elementwiseCases } from "../generate.ts";
import type { Domain } from "../values.ts";

const BASES: Domain = {
  low: 0.05,
  high: 20,
  special: [1e-13, 1e-5, 0.5, 1, 7.9, 7.999, 8, 12345.6, 1e6, 4.8e8],
};

const STEPS: Domain = {
  low: 0,
  high: 30,
  special: [0, 0.5, 1, 2, 7, 8, 100, 1000, 65_536, 2 ** 24],
};

export const logGammaRatio: CaseGenerator<"logGammaRatio"> = () =>
  elementwiseCases(
    {},
    [BASES, STEPS],
    roundings(6, (a, d) => (1 + a + d) * Math.log1p(d / a) + d * (1 + Math.abs(Math.log(a))) + 10),
  );

export const logGammaRatioSlope: CaseGenerator<"logGammaRatioSlope"> = () =>
  elementwiseCases({}, [BASES, STEPS], roundings(6, (a, d) => (d + 1) / a + (a < 8 ? 1 : 0)));
