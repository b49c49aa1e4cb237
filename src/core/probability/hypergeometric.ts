/**
 * How many of `marked` things are among `drawn` of `all`, every draw as likely as any other:
 *
 *   P(j) = C(marked, j) C(all - marked, drawn - j) / C(all, drawn)
 *
 * by logarithms of Γ, to about 1e-9 of itself for numbers up to 10⁷.
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

/** The fewest and the most that can be among them. */
export function hypergeometricRange({ all, marked, drawn }: Urn): [least: number, most: number] {
  return [Math.max(0, drawn - (all - marked)), Math.min(marked, drawn)];
}

/** P(≤ j). */
export function hypergeometricUpTo(urn: Urn, j: number): number {
  const [least, most] = hypergeometricRange(urn);
  if (j >= most) return 1;
  let sum = 0;
  for (let i = least; i <= j; i++) sum += hypergeometric(urn, i);
  return Math.min(1, sum);
}

/**
 * P(at least `above` of `rows` have no more than `allowed` of `marked` above them), all of them alike: that of the
 * largest `allowed` + `above` of both no more than `allowed` are marked.
 */
export function chanceAbove(marked: number, allowed: number, rows: number, above: number): number {
  return hypergeometricUpTo({ all: marked + rows, marked, drawn: allowed + above }, allowed);
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}
