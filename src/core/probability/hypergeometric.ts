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
export function hypergeometricRange({ all, marked, drawn }: Urn): [least: number, most: number] {
  return [Math.max(0, drawn - (all - marked)), Math.min(marked, drawn)];
}

/** P(≤ j). */
export function hypergeometricCdf(urn: Urn, j: number): number {
  const [least, most] = hypergeometricRange(urn);
  if (j >= most) return 1;
  let sum = 0;
  for (let i = least; i <= j; i++) sum += hypergeometric(urn, i);
  return Math.min(1, sum);
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
