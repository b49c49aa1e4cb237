/**
 * The hypergeometric distribution: the number j of marked items among `drawn` items, drawn without replacement from
 * `all`, of which `marked` are marked:
 *
 *   P(j) = C(marked, j) C(all - marked, drawn - j) / C(all, drawn)
 *
 * Computed from ln Γ, with a relative error of about 1e-9 for arguments up to 10⁷.
 */
import { portableExp } from "../portable.ts";
import { logGamma } from "./incomplete_beta.ts";

export interface Urn {
  readonly all: number;
  readonly marked: number;
  readonly drawn: number;
}

/** P(j). */
export function hypergeometric({ all, marked, drawn }: Urn, j: number): number {
  return portableExp(
    logChoose(marked, j) + logChoose(all - marked, drawn - j) - logChoose(all, drawn),
  );
}

/** The smallest and largest possible j. */
export function hypergeometricRange({ all, marked, drawn }: Urn): [min: number, max: number] {
  return [Math.max(0, drawn - (all - marked)), Math.min(marked, drawn)];
}

/** P(≤ j). */
export function hypergeometricCdf(urn: Urn, j: number): number {
  const [min, max] = hypergeometricRange(urn);
  if (j >= max) return 1;
  if (j < min) return 0;
  return j * urn.all > urn.marked * urn.drawn ? 1 - sumFrom(urn, j + 1, 1) : sumFrom(urn, j, -1);
}

/** Σ P(i) from `first` away from the mean, by the ratio of neighbours; terms below 2⁻⁶⁰ of the sum are left out. */
function sumFrom(urn: Urn, first: number, step: 1 | -1): number {
  const { all, marked, drawn } = urn, rest = all - marked - drawn;
  let sum = 0, term = hypergeometric(urn, first);
  for (let i = first; term > sum * 2 ** -60; i += step) {
    sum += term;
    term *= step > 0
      ? (marked - i) * (drawn - i) / ((i + 1) * (rest + i + 1))
      : i * (rest + i) / ((marked - i + 1) * (drawn - i + 1));
  }
  return sum;
}

/**
 * The probability that at least `above` of `rows` values are each exceeded by at most `allowed` of `marked` values, if
 * all values are exchangeable. This is the probability that the largest `allowed` + `above` values of both groups
 * include at most `allowed` marked ones.
 */
export function exceedanceProbability(
  marked: number,
  allowed: number,
  rows: number,
  above: number,
): number {
  return hypergeometricCdf({ all: marked + rows, marked, drawn: allowed + above }, allowed);
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}
