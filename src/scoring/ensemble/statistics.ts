/**
 * The statistics of a row that an ensemble can look at, by name; each is one number per view that grows
 * as the row gets stranger, and knows what each feature adds to it.
 *
 *   residual    Σ_f (x_f - E[x_f | z])² / σ_f², the networks' error in units of their error on rows that
 *               they were not trained on
 *   kl          KL(q(z | x) ‖ p(z)): how unusual what the networks have found in the row is
 *   linear      Σ_f of the squared residuals of each feature under the regression on all others
 *   neighbours  the half-scaled distance to the nearest references: `neighbours.ts`
 *   norm        ‖x‖² of the view
 *
 * Sums are over the features that are there, as if the others were like them. KL has no features of its
 * own: it is shared out by x_f², with which it grows.
 */
import type { PartOutput } from "./members.ts";

/** What an ensemble can look at in each view. */
export type StatisticName = "residual" | "kl" | "linear" | "neighbours" | "norm";

export const STATISTIC_NAMES: readonly StatisticName[] = [
  "residual",
  "kl",
  "linear",
  "neighbours",
  "norm",
];

/** What the program must give for each. */
const NEEDS: Readonly<Record<StatisticName, PartOutput>> = {
  residual: "residual",
  kl: "kl",
  linear: "linear",
  neighbours: "nearest",
  // Nothing, but a program without an output takes in no row.
  norm: "linear",
};

export function outputsFor(statistics: readonly StatisticName[]): ReadonlySet<PartOutput> {
  return new Set(statistics.map((name) => NEEDS[name]));
}
