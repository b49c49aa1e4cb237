/**
 * The statistics of a row that an ensemble can use, by name. Each is one number per view that grows as the row gets
 * more unusual, and is distributed over the features.
 *
 *   residual    Σ_f (x_f - E[x_f | z])² / σ_f², the networks' error in units of their error on rows that
 *               they were not trained on
 *   kl          KL(q(z | x) ‖ p(z)): how unusual the row's latent representation is
 *   linear      Σ_f of the squared residuals of each feature under the regression on all others
 *   neighbours  the half-scaled distance to the nearest references: `neighbours.ts`
 *   norm        ‖x‖² of the view
 *   level       Σ over categories of -ln p(own level | other cells): `level_odds.ts`
 *
 * Sums run over the observed features, scaled up to all, except for `level`. KL is not a sum over features; it is
 * distributed by x_f², with which it grows. `level` is distributed like `linear`: a level and another cell contradict
 * each other, and the residuals say which of them is wrong.
 */
import type { PartOutput } from "./members.ts";

/** A statistic of each view. */
export type StatisticName = "residual" | "kl" | "linear" | "neighbours" | "norm" | "level";

export const STATISTIC_NAMES: readonly StatisticName[] = [
  "residual",
  "kl",
  "linear",
  "neighbours",
  "norm",
  "level",
];

/** The program output that each statistic needs. */
const REQUIRED_OUTPUT: Readonly<Record<StatisticName, PartOutput>> = {
  residual: "residual",
  kl: "kl",
  linear: "linear",
  neighbours: "nearest",
  // `norm` needs no output, but a program must have one to take in rows.
  norm: "linear",
  level: "linear",
};

export function outputsFor(statistics: readonly StatisticName[]): ReadonlySet<PartOutput> {
  return new Set(statistics.map((name) => REQUIRED_OUTPUT[name]));
}
